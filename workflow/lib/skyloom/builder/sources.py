"""Which subjects a run has, and which raw files hold each of them.

Everything here is worked out from the configuration while the rules are read, so it
imports nothing heavy and opens nothing but the sample sheet and the list of repeats.
Three sources enter the same rules:

* ``simulated``: files that the simulator writes, in the layout of a Zooniverse export;
* ``zooniverse``: a project's exports and its subject files;
* ``upstream``: the decoded files of the published analysis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from skyloom.run.config import data_path, read_sheet

RAW = "<results>/raw"
MATERIAL = ("data", "fitting_data", "images")


def pick(config: Mapping, *keys: str) -> dict:
    """Return some sections of a configuration, with all keys in sorted order.

    Snakemake compares parameters by their text, in which the order of keys counts.
    """
    return {key: _sorted(config[key]) for key in sorted(keys)}


def subjects(config: Mapping) -> list[int]:
    """Return the ids of the run's subjects, sorted.

    Parameters
    ----------
    config : mapping
        The area's configuration.

    Raises
    ------
    ConfigError
        For a sheet without ids, with a wrong one or with one twice (file and row).
    """
    if config["source"] == "simulated":
        return simulated_ids(config["simulate"])
    sample = config["sample"]
    if sample["sheet"] is None:
        return sorted(sample["subject_ids"])
    column = sample["column"]
    rows = read_sheet(data_path(sample["sheet"]), sheet_schema(column))
    return sorted(row[column] for row in rows)


def simulated_ids(settings: Mapping) -> list[int]:
    """Return the ids of simulated galaxies and, after them, of repeated ones."""
    return sorted([*range(1, settings["n_subjects"] + 1), *repeats(settings)])


def sheet_schema(column: str) -> dict:
    """Return the schema of a row of the sample sheet."""
    number = {
        "type": "integer",
        "minimum": 1,
        "description": "Zooniverse subject id [dimensionless].",
    }
    return {
        "type": "object",
        "properties": {column: number},
        "required": [column],
        "unique": [column],
    }


def _sorted(tree):
    if isinstance(tree, Mapping):
        return {key: _sorted(tree[key]) for key in sorted(tree)}
    return [_sorted(item) for item in tree] if isinstance(tree, list) else tree
