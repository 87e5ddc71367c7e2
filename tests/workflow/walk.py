"""Print every rule of a workflow as JSON: python walk.py SNAKEFILE [CONFIGFILE...].

Run as a program of its own, because reading rules changes `sys.path` for good.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.io import get_flag_value, is_flagged
from snakemake.settings.types import (
    ConfigSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)


def rules(snakefile: Path, configfiles: list[Path]) -> list:
    """Return the rules of a workflow as Snakemake reads them."""
    quiet = OutputSettings(quiet={Quietness.ALL})
    with SnakemakeApi(quiet) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=configfiles),
            snakefile=snakefile,
        )
        return list(workflow._workflow.rules)


def described(rule) -> dict:
    """Return what the house asks of a rule, JSON-plain where it can be."""
    return {
        "name": rule.name,
        "params": {name: value for name, value in rule.params.items() if name},
        "unnamed": len(rule.params) - len(rule.params.keys()),
        "output": [str(path) for path in rule.output],
        "input": [str(path) for path in rule.input],
        "report": [
            reported(path) for path in rule.output if is_flagged(path, "report")
        ],
        "log": [str(path) for path in rule.log],
        "benchmark": str(rule.benchmark or ""),
        "conda": str(rule.conda_env or ""),
        "image": rule.is_containerized and rule.container_img,
        "script": str(rule.script or rule.notebook or ""),
        "action": bool(rule.shellcmd or rule.is_run),
        "resources": sorted(rule.resources),
        "retries": rule._restart_times,
        "message": rule.message or "",
        "basedir": str(rule.basedir),
    }


def reported(path) -> dict:
    """Return what the report says of a product."""
    how = get_flag_value(path, "report")
    names = ("category", "subcategory", "labels")
    caption = str(how.caption.get_path_or_uri(secret_free=True))
    return {name: getattr(how, name) for name in names} | {
        "path": str(path),
        "caption": caption,
    }


def odd(value: object) -> str:
    """Mark a value that is no JSON."""
    return f"NOT PLAIN {value!r}"


if __name__ == "__main__":
    found = rules(Path(sys.argv[1]).resolve(), [Path(p) for p in sys.argv[2:]])
    sys.stdout.write(json.dumps([described(rule) for rule in found], default=odd))
