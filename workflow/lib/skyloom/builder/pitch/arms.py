"""Pitch angle and error of each arm, as the galaxies' models have them.

There is one estimate and one error of an arm: those of ``models/<id>.json``, from
volunteers and image together (`fitting.arm_angles`), which the catalogue quotes too.
Here they are only laid out for the hierarchical model. The error of an arm that
volunteers drew has Student's tails, as few of them tell little of their own scatter;
that of an arm that nobody drew, from the image alone, is normal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from skyloom.builder.aggregation.polylines import length
from skyloom.builder.model import from_dict
from skyloom.builder.products.outlines import arm_line

# Of an arm that nobody drew: its error is normal, and hangs on no `dof`.
UNDRAWN = {"dof": 1, "n_lines": 0}
COLUMNS = ("subject_id", "galaxy", "arm", "pitch_angle", "dof", "chirality", "n_lines")
COLUMNS += ("length", "pitch_angle_err", "pitch_angle_err_normal")


def arm_row(arm: Mapping, drawn: Mapping | None) -> dict:
    """Return the columns of one entry of ``arms`` of a galaxy's model.

    Parameters
    ----------
    arm : mapping
        Its pitch angle and error [deg], and its chirality.
    drawn : mapping or None
        The volunteers' record of it; None if nobody drew it.

    Returns
    -------
    dict
        ``pitch_angle_err``, half of the 68 % interval, with its ``dof``; and
        ``pitch_angle_err_normal``. One of both is the arm's error and the other 0; both
        are NaN where the error is not known.
    """
    error = float(arm["pitch_angle_err"] or np.nan)  # none at all is not known either
    # Without an error of theirs, volunteers have no part in the estimate.
    said = drawn is not None and arm["pitch_angle_crowd_err"] is not None
    known = drawn if said else UNDRAWN
    parts = (error, 0.0 * error) if said else (0.0 * error, error)
    return {
        "pitch_angle": float(arm["pitch_angle"]),
        "dof": int(known["dof"]),
        "chirality": int(arm["chirality"]),
        "n_lines": int(known["n_lines"]),
        "pitch_angle_err": parts[0],
        "pitch_angle_err_normal": parts[1],
    }


def arm_table(
    models: Iterable[Mapping],
    aggregates: Iterable[Mapping],
    *,
    galaxies: Mapping[int, int] | None = None,
) -> pd.DataFrame:
    """Return a row an arm with `COLUMNS`, ordered by subject and arm.

    Parameters
    ----------
    models : iterable of mapping
        Trees of models/<id>.json: ``subject_id``, ``model`` and ``arms``. Failed
        subjects carry no arms and so add no rows.
    aggregates : iterable of mapping
        Trees of aggregates/<id>.json of the same subjects: who drew each arm.
    galaxies : mapping, optional
        Subject shown first, for subjects that show its galaxy again. An arm seen
        twice is still one arm: a repeat adds its arms only where that subject is
        among the models and has none, and then under that subject's name.

    Raises
    ------
    ValueError
        Naming the subject and arm whose pitch angle or error cannot be.
    """
    trees = {int(tree["subject_id"]): tree for tree in models}
    drawn = {int(tree["subject_id"]): tree for tree in aggregates}
    known = {k: v for k, v in (galaxies or {}).items() if v in trees}
    rows = []
    for subject, tree in trees.items():
        if subject in known and trees[known[subject]].get("arms"):
            continue
        where = {"subject_id": subject, "galaxy": known.get(subject, subject)}
        rows += [where | row for row in _rows(tree, drawn[subject])]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    _check(table)
    return table.sort_values(["subject_id", "arm"], ignore_index=True)


def _rows(tree: Mapping, aggregate: Mapping) -> list[dict]:
    """Return the rows of a galaxy's arms; their length [px] is that on the image."""
    if not tree.get("arms"):
        return []
    model = from_dict(tree["model"])
    records = [*aggregate["arms"], *(aggregate.get("candidates") or ())]
    rows = []
    for i, (arm, shape) in enumerate(zip(tree["arms"], model.spiral, strict=True)):
        record = None if arm["crowd"] is None else records[arm["crowd"]]
        size = {"arm": i, "length": length(arm_line(model.disk, shape))}
        rows.append(arm_row(arm, record) | size)
    return rows


def _check(table: pd.DataFrame) -> None:
    angle = table["pitch_angle"]
    error = table["pitch_angle_err"] + table["pitch_angle_err_normal"]
    good = (angle >= 0) & (angle < 90) & ((error > 0) & (error < np.inf) | error.isna())
    for i in table.index[~good]:
        row = table.loc[i]
        msg = (
            f"subject {row['subject_id']:.0f}, arm {row['arm']:.0f}: pitch angle "
            f"{angle[i]} with error {error[i]}; expected 0 to 90 deg, error above 0"
        )
        raise ValueError(msg)
