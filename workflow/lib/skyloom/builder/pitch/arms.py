"""Pitch angle and error of each arm, as the aggregates' records have them.

There is one estimator and one error: those of `aggregation.arm_records`, which the
catalogue quotes too. Here they are only laid out for the hierarchical model: what comes
from the lines has Student's tails, as few volunteers tell little of their own scatter;
what comes from the plane of the disk, and from the rule of weights, is normal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

COLUMNS = (
    "subject_id",
    "galaxy",
    "arm",
    "pitch_angle",
    "pitch_angle_err",
    "pitch_angle_err_normal",
    "dof",
    "chirality",
    "n_lines",
    "length",
)


def arm_row(arm: Mapping) -> dict:
    """Return the columns of one entry of ``arms`` of an aggregate.

    ``pitch_angle_err`` is from the lines, half of the 68 % interval, with its ``dof``;
    NaN where not known. ``pitch_angle_err_normal`` is from the plane of the disk and
    the rule of weights. All in degrees but ``length`` [px].
    """
    parts = (arm[f"pitch_angle_err_{cause}"] for cause in ("disk", "rule"))
    return {
        "pitch_angle": float(arm["pitch_angle"]),
        "pitch_angle_err": _error(arm["pitch_angle_err_lines"]),
        "pitch_angle_err_normal": float(np.hypot(*map(_number, parts))),
        "dof": int(arm["dof"]),
        "chirality": int(arm["chirality"]),
        "n_lines": int(arm["n_lines"]),
        "length": float(arm["length"]),
    }


def arm_table(
    aggregates: Iterable[Mapping], *, galaxies: Mapping[int, int] | None = None
) -> pd.DataFrame:
    """Return a row an arm with `COLUMNS`, ordered by subject and arm.

    Parameters
    ----------
    aggregates : iterable of mapping
        Trees of aggregates/<id>.json: ``subject_id`` and ``arms``. Failed subjects
        carry no arms and so add no rows.
    galaxies : mapping, optional
        Subject shown first, for subjects that show its galaxy again. An arm seen
        twice is still one arm: a repeat adds its arms only where that subject is
        among the aggregates and has none, and then under that subject's name.

    Raises
    ------
    ValueError
        Naming the subject and arm whose pitch angle or error cannot be.
    """
    trees = {int(tree["subject_id"]): tree for tree in aggregates}
    known = {k: v for k, v in (galaxies or {}).items() if v in trees}
    rows = []
    for subject, tree in trees.items():
        if subject in known and trees[known[subject]].get("arms"):
            continue
        for i, arm in enumerate(tree.get("arms") or ()):
            where = {"subject_id": subject, "galaxy": known.get(subject, subject)}
            rows.append(_checked(where | {"arm": i} | arm_row(arm)))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values(["subject_id", "arm"], ignore_index=True)


def _number(value) -> float:
    return np.nan if value is None else float(value)


def _error(value) -> float:
    """Return a standard error; 0, of lines that are the same, tells nothing: NaN."""
    return _number(value or None)


def _checked(row: dict) -> dict:
    angle, error = row["pitch_angle"], row["pitch_angle_err"]
    if 0 <= angle < 90 and (np.isnan(error) or 0 < error < np.inf):
        return row
    msg = (
        f"subject {row['subject_id']}, arm {row['arm']}: pitch angle {angle} with "
        f"error {error}; expected 0 to 90 deg with an error above 0"
    )
    raise ValueError(msg)
