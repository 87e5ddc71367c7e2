"""Which galaxies are learned from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.spirals.config import Cuts
from skyloom.spirals.questions import question

# Key of the cuts, question, answer whose share has a least value.
SHARES = (
    ("featured", "smooth-or-featured", "featured-or-disk"),
    ("face_on", "disk-edge-on", "no"),
    ("spiral", "has-spiral-arms", "yes"),
)
FIRST = "smooth-or-featured"


def selected(table: pd.DataFrame, cuts: Cuts) -> tuple[pd.DataFrame, dict]:
    """Return the galaxies that pass, and how many are left after each step.

    A galaxy without votes of a question does not pass a share above 0. One that nobody
    was asked to draw on passes any number of classifications: it has votes only.

    Parameters
    ----------
    table : DataFrame
        Of galaxies, with their votes.
    cuts : Cuts
        Least shares and numbers.
    """
    counts = {"galaxies": len(table)}
    for key, name, answer in SHARES:
        least = getattr(cuts, key)
        if least > 0:
            table = table[_share(table, name, answer) >= least]
        counts[key] = len(table)
    total = table[list(question(FIRST).names)].sum(axis=1)
    table = table[total >= cuts.votes]
    counts["votes"] = len(table)
    asked = table[["spiral_asked", "bar_asked"]].max(axis=1)
    table = table[(asked == 0) | (asked >= cuts.classifications)]
    counts["classifications"] = len(table)
    return table.reset_index(drop=True), counts


def _share(table: pd.DataFrame, name: str, answer: str) -> np.ndarray:
    """Return the share of an answer, -1 where there are no votes."""
    one = question(name)
    votes = table[list(one.names)].to_numpy(np.float64)
    total = votes.sum(axis=1)
    counts = votes[:, one.answers.index(answer)]
    return np.divide(counts, total, out=np.full(len(total), -1.0), where=total > 0)
