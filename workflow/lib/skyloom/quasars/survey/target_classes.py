"""Thresholds by the classes that DESI chose a target for, the bits of DESI_TARGET.

Source of the bits: desitarget, desi_mask of the main survey. DESI's quasar catalogues
ask for other confidences in other classes (fastspecfit issue 263).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.quasars.survey.results import need

BITS = {"LRG": 0, "ELG": 1, "QSO": 2, "BGS_ANY": 60, "MWS_ANY": 61, "SCND_ANY": 62}
OTHERS = "OTHERS"
COLUMN = "DESI_TARGET"
KEY = "quasars.thresholds"


def row_thresholds(
    rows: pd.DataFrame, general: float, by_class: Mapping[str, float]
) -> np.ndarray | float:
    """Return the threshold of each row's score, (n,); `general` itself if one is all.

    A target of one class of `by_class` has that class's, of several the lowest, of none
    that of ``OTHERS`` or, if that is not there, `general`.
    """
    if not by_class:
        return general
    named = {name: value for name, value in by_class.items() if name != OTHERS}
    lowest = np.full(len(rows), np.inf)
    for name, value in named.items():
        lowest[_members(rows, name)] = np.minimum(lowest[_members(rows, name)], value)
    return np.where(np.isinf(lowest), by_class.get(OTHERS, general), lowest)


def refuse_absent(
    path: str | Path, rows: pd.DataFrame, by_class: Mapping[str, float]
) -> None:
    """Raise InputError for a class of `by_class` that no row is of."""
    there = [name for name in BITS if _members(rows, name).any()]
    absent = sorted(set(by_class) - {OTHERS, *there})
    if absent:
        problem = f"no target of the classes {', '.join(absent)}"
        expected = f"some of the classes that are there: {', '.join(there) or 'none'}"
        remedy = f"take them out of {KEY}; classes are those of {COLUMN} in a FIBERMAP"
        raise InputError(path, problem, expected=expected, remedy=remedy)


def _members(rows: pd.DataFrame, name: str) -> np.ndarray:
    need(rows, (COLUMN,))
    bits = rows[COLUMN].to_numpy(np.int64)
    return (bits >= 0) & ((bits >> BITS[name]) & 1 == 1)
