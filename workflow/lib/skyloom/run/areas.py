"""What the front door hands to an area: its settings and its folders."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, create_model

from skyloom.run.config import Section, checked, data_path, key, part
from skyloom.run.schema import validated as by_schema

Area = Literal["builder", "quasars", "clusters"]
AREAS = get_args(Area)
SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"


class Folders(Section):
    """Roots of what a run writes; a relative one lies in the working directory."""

    results: str = key("results", "Root of the products.", "path", min_length=1)
    logs: str = key("logs", "Root of the rules' logs.", "path", min_length=1)
    benchmarks: str = key(
        "benchmarks",
        "Root of the rules' times and memory.",
        "path",
        min_length=1,
    )
    downloads: str = key(
        "downloads",
        "Root of what the retrieve rules fetch, shared by all runs; like any data, "
        "under $SKYLOOM_DATA.",
        "path",
        min_length=1,
    )


class Shared(Section):
    """What all areas of a run share."""

    run: str = key(
        "demo",
        "Name of the run; products lie in results/<run>/<area>/, so that two runs "
        "never share a file.",
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
    )
    seed: int = key(
        1,
        "The one number that all randomness comes from, together with the name of "
        "the object that it is drawn for.",
        ge=0,
        le=4294967295,
    )
    areas: tuple[Area, ...] = key(
        AREAS,
        "Areas of the run; sections of others are not read.",
        min_length=1,
    )
    folders: Folders = part(Folders)


def whole(areas: tuple[str, ...] = AREAS) -> type[Shared]:
    """Return the type of a whole configuration: what is shared, and areas' sections."""
    sections: dict[str, Any] = {}
    for area in areas:
        kind = section_of(area)
        text = (kind.__doc__ or "").strip().partition("\n")[0] if kind else area
        factory = Field(default_factory=kind or dict, description=text)
        sections[area] = (kind or dict, factory)
    for area in set(AREAS) - set(areas):
        sections[area] = (Any, None)
    return create_model("Configuration", __base__=Shared, **sections)


def section_of(area: str) -> type[Section] | None:
    """Return the class of an area's section."""
    name = f"skyloom.{area}.config"
    return importlib.import_module(name).Config if find_spec(name) else None


def validated(config: Mapping) -> dict:
    """Return the config of the chosen areas with its defaults, JSON-plain.

    Raises
    ------
    ConfigError
        One message with a line for every problem.
    """
    chosen = {"areas": config["areas"]} if "areas" in config else {}
    areas = checked(Shared, chosen).areas
    full = checked(whole(areas), config).model_dump(mode="json")
    shared = {name: full[name] for name in Shared.model_fields}
    return shared | {area: _section(area, full[area]) for area in areas}


def _section(area: str, tree: Mapping) -> dict:
    if section_of(area) is not None:
        return dict(tree)
    return by_schema(tree, SCHEMAS / f"{area}.schema.yaml")


def area_config(config: Mapping, area: str) -> dict:
    """Return an area's section of the validated config, and two facts of the run.

    These are its ``seed``, and ``store``, where its jobs keep unfinished work.
    """
    store = f"{config['folders']['results']}/{config['run']}/.skyloom"
    return {**config[area], "seed": config["seed"], "store": store}


def area_folders(config: Mapping, area: str) -> dict[str, str]:
    """Return the pathvars of an area: where its files lie.

    ``results``, ``logs`` and ``benchmarks`` are ``<root>/<run>/<area>``, so that no
    two runs and no two areas share a file; ``downloads`` lies among the data.
    """
    roots = dict(config["folders"])
    downloads = data_path(roots.pop("downloads"))
    apart = {name: f"{root}/{config['run']}/{area}" for name, root in roots.items()}
    return apart | {"downloads": downloads}
