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

COPIED = {"pitch_angle": float, "dof": int, "chirality": int, "n_lines": int}
COPIED |= {"length": float}  # [px]
CAUSES = ("lines", "disk", "rule")  # of a record's error
ERRORS = ("pitch_angle_err", "pitch_angle_err_normal")
COLUMNS = ("subject_id", "galaxy", "arm", *COPIED, *ERRORS)


def arm_row(arm: Mapping) -> dict:
    """Return the columns of one entry of ``arms`` of an aggregate.

    ``pitch_angle_err`` is from the lines, half of the 68 % interval, with its ``dof``;
    NaN where not known. ``pitch_angle_err_normal`` is from the plane of the disk and
    the rule of weights. All in degrees but ``length`` [px].
    """
    lines, *others = (_number(arm[f"pitch_angle_err_{cause}"]) for cause in CAUSES)
    # Lines that are the same, of error 0, tell nothing of the error.
    errors = (lines or np.nan, float(np.hypot(*others)))
    copied = {name: kind(arm[name]) for name, kind in COPIED.items()}
    return copied | dict(zip(ERRORS, errors, strict=True))


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
            rows.append(where | {"arm": i} | arm_row(arm))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    angle, error = table["pitch_angle"], table["pitch_angle_err"]
    good = (angle >= 0) & (angle < 90) & ((error > 0) & (error < np.inf) | error.isna())
    for row in table[~good].itertuples():
        msg = (
            f"subject {row.subject_id}, arm {row.arm}: pitch angle {row.pitch_angle} "
            f"with error {row.pitch_angle_err}; expected 0 to 90 deg, error above 0"
        )
        raise ValueError(msg)
    return table.sort_values(["subject_id", "arm"], ignore_index=True)


def _number(value) -> float:
    return np.nan if value is None else float(value)
