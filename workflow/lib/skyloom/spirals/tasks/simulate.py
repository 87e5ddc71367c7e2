"""A simulated survey's files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from skyloom.io.documents import read_json
from skyloom.run.provenance import Recipe
from skyloom.spirals.config_simulation import Simulate
from skyloom.spirals.simulation.files import write_galaxy


def simulate_galaxy(
    rows: Mapping[str, Mapping],
    simulate: Simulate,
    seed: int,
    recipe: Recipe,
    name: str,
    paths: Mapping[str, Path],
) -> dict:
    """Write the files of a galaxy of the population's rows, and return its truth."""
    write_galaxy(rows[name], paths, simulate, seed, recipe.record())
    return truth_row(read_json(paths["truth"]))


def truth_row(tree: Mapping) -> dict:
    """Return what measures are compared with, as a row of a table."""
    bar, arms, disk = (tree["measures"][key] or {} for key in ("bar", "arms", "disk"))
    half = bar.get("half_length")
    return {
        "name": tree["name"],
        "bar_length_true": None if half is None else 2 * half,
        "bar_pa_true": bar.get("angle"),
        "bar_ellipticity_true": bar.get("ellipticity"),
        "pitch_angle_true": arms.get("pitch_angle"),
        "winding_true": arms.get("winding", ""),
        "arm_number_true": arms.get("number", 0),
        "disk_pa_true": disk.get("angle"),
        "disk_ratio_true": disk.get("axis_ratio"),
    }


def files_of(outputs: Mapping[str, list[str]]) -> dict[str, dict[str, str]]:
    """Return the files of each galaxy, by kind, from those of a chunk."""
    found: dict[str, dict[str, str]] = {}
    for kind, suffix in (("cutout", ".fits"), ("gz3d", ".fits.gz"), ("truth", ".json")):
        for path in outputs[kind]:
            found.setdefault(Path(path).name.removesuffix(suffix), {})[kind] = path
    return found


def rows_of(table: pd.DataFrame) -> dict[str, dict]:
    """Return the rows of the population by the galaxies' names."""
    return {row["name"]: row for row in table.to_dict("records")}
