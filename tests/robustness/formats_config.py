"""The sections of the configuration: layers with a value changed."""

from __future__ import annotations

import json
import math
from pathlib import Path

from rows import Format
from skyloom.builder.config import Config as Builder
from skyloom.clusters.config import Config as Clusters
from skyloom.io.errors import InputError
from skyloom.quasars.config import Config as Quasars
from skyloom.run.config import checked
from skyloom.spectra.config import Config as Spectra
from skyloom.spirals.config import Config as Spirals

LARGEST = 1e18  # no number of a configuration is larger
SECTIONS = {
    "builder": Builder,
    "clusters": Clusters,
    "quasars": Quasars,
    "spectra": Spectra,
    "spirals": Spirals,
}


def section(kind: type):
    def make(folder: Path) -> Path:
        made = checked(kind, {}).model_dump(mode="json")
        (folder / "layer.json").write_text(json.dumps(made))
        return folder / "layer.json"

    return make


def layer(kind: type):
    """Return what checks a layer; what is no JSON is not its task."""

    def read(path: Path) -> dict:
        try:
            tree = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as bad:
            raise InputError(path, str(bad)) from None
        return checked(kind, tree).model_dump(mode="json")

    return read


def sane(tree) -> None:
    if isinstance(tree, dict | list):
        for value in tree.values() if isinstance(tree, dict) else tree:
            sane(value)
    elif isinstance(tree, int | float):
        assert math.isfinite(tree), "a setting that is not finite"
        assert abs(tree) < LARGEST, f"a setting of {tree}"


FORMATS = [
    Format(
        f"config {name}",
        "json",
        section(kind),
        checked,
        layer(kind),
        sane=sane,
        weight=2,
    )
    for name, kind in SECTIONS.items()
]
