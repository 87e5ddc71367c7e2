"""What the front door hands to an area: its settings and its folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, create_model

from skyloom.run.config import ConfigError, Section, checked, data_path, key, part
from skyloom.run.config_types import PathName

Area = Literal["builder", "quasars", "clusters", "spectra", "spirals"]
AREAS = get_args(Area)
SHELL = re.compile(r"[\s\"'\\$`&|;<>()*?\[\]{}#!]")  # marks that a shell reads


def _no_number(name: str) -> str:
    # Snakemake hands --config on to jobs, and reads 0012, 1e5 and nan as numbers there.
    try:
        float(name)
    except ValueError:
        return name
    msg = "expected a name that is not a number; put a letter before it"
    raise ValueError(msg)


class Folders(Section):
    """Roots of what a run writes; a relative one lies in the working directory."""

    results: PathName = key("results", "Root of the products.", "path")
    logs: PathName = key("logs", "Root of the rules' logs.", "path")
    benchmarks: PathName = key(
        "benchmarks", "Root of the rules' times and memory.", "path"
    )
    downloads: PathName = key(
        "downloads",
        "Root of what the retrieve rules fetch, shared by all runs; like any data, "
        "under $SKYLOOM_DATA.",
        "path",
    )


class Cluster(Section):
    """Slurm's accounts, partitions and GPU model; not read without Slurm."""

    account: str | None = key(
        None,
        "Account of all jobs, with the suffix that `sshare -U` shows; null: the one "
        "that Slurm takes by itself, or $SBATCH_ACCOUNT names.",
    )
    gpu_account: str | None = key(
        None, "Account of jobs with a GPU, where clusters keep them apart."
    )
    partition: str | None = key(
        None, "Partition of all jobs; null: the cluster's default partition."
    )
    gpu_partition: str | None = key(
        None, "Partition of jobs with a GPU, where it is another."
    )
    gpu_model: str | None = key(
        None,
        "Model of the GPUs, where the cluster wants one: h100, a100, "
        "nvidia_h100_80gb_hbm3_1g.10gb.",
        pattern=r"^[A-Za-z0-9_.]+$",
    )


PAGES = "atlas"  # folder of a run's pages, beside those of its areas


class Shared(Section):
    """What all areas of a run share."""

    run: Annotated[str, AfterValidator(_no_number)] = key(
        "demo",
        "Name of the run, not a number; products lie in results/<run>/<area>/, so that "
        "two runs never share a file.",
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        max_length=100,
    )
    seed: int = key(
        1,
        "The one number that all randomness comes from, together with the name of "
        "the object that it is drawn for.",
        ge=0,
        le=4294967295,
    )
    areas: tuple[Area, ...] = key(
        AREAS, "Areas of the run; sections of others are not read.", min_length=1
    )
    folders: Folders = part(Folders)
    cluster: Cluster = part(Cluster)


def whole(areas: tuple[str, ...] = AREAS) -> type[Shared]:
    """Return the type of a whole configuration: what is shared, and areas' sections."""
    kinds = {area: import_module(f"skyloom.{area}.config").Config for area in areas}
    opened: dict[str, Any] = {area: (kind, part(kind)) for area, kind in kinds.items()}
    return create_model("Configuration", __base__=Shared, **opened)


def validated(config: Mapping) -> dict:
    """Return the config of the chosen areas with its defaults, JSON-plain.

    Raises
    ------
    ConfigError
        One message with a line for every problem.
    """
    chosen = {"areas": config["areas"]} if "areas" in config else {}
    areas = checked(Shared, chosen).areas
    closed = set(AREAS) - set(areas)
    read = {name: value for name, value in config.items() if name not in closed}
    full = checked(whole(areas), read).model_dump(mode="json")
    return {name: full[name] for name in (*Shared.model_fields, *areas)}


def check_interpreter(executable: str) -> None:
    """Refuse a Python that no job could be started with.

    Snakemake puts its path into a shell's line without quotes (its issue 2645).

    Raises
    ------
    ConfigError
        With what to do.
    """
    if SHELL.search(executable):
        msg = (
            f"jobs cannot be started: the path of Python, {executable!r}, has a blank "
            "or another mark that a shell reads; move the checkout to a path without "
            "one, or make .venv a link to the .venv of such a checkout and run "
            "snakemake from it"
        )
        raise ConfigError(msg)


def area_config(config: Mapping, area: str) -> dict:
    """Return an area's section of the validated config, and three facts of the run.

    These are its ``seed``; ``store``, where its jobs keep unfinished work; and
    ``downloads``, where the retrieve rules put files.
    """
    folders = config["folders"]
    store = f"{folders['results']}/{config['run']}/.skyloom"
    downloads = data_path(folders["downloads"])
    facts = {"seed": config["seed"], "store": store, "downloads": downloads}
    return {**config[area], **facts}


def area_folders(config: Mapping, area: str) -> dict[str, str]:
    """Return the pathvars of an area: where its files lie.

    ``results``, ``logs`` and ``benchmarks`` are ``<root>/<run>/<area>``, so that no
    two runs and no two areas share a file; ``downloads`` lies among the data, and the
    areas' pages lie together in ``atlas``.
    """
    roots = dict(config["folders"])
    downloads = data_path(roots.pop("downloads"))
    apart = {name: f"{root}/{config['run']}/{area}" for name, root in roots.items()}
    pages = f"{roots['results']}/{config['run']}/{PAGES}"
    return apart | {"downloads": downloads, "atlas": pages}
