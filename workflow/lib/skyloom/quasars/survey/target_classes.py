"""Thresholds by the classes that DESI chose a target for, the bits of DESI_TARGET.

Source of the bits: desitarget, desi_mask of the main survey. DESI's quasar catalogues
ask for a confidence of 0.99, and of 0.6 in some classes where redrock calls the
spectrum a quasar as well (fastspecfit issue 263); that condition is not asked here.
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
        own = _members(rows, name)
        lowest[own] = np.minimum(lowest[own], value)
    return np.where(np.isinf(lowest), by_class.get(OTHERS, general), lowest)


def refuse_absent(
    path: str | Path, rows: pd.DataFrame, by_class: Mapping[str, float]
) -> None:
    """Raise InputError where `by_class` names classes, and no row says its own."""
    need(rows, (COLUMN,))
    named = sorted(set(by_class) - {OTHERS})
    if named and not (rows[COLUMN] > 0).any():
        problem = f"no target says for which class it was chosen ({COLUMN})"
        expected = f"it, as {KEY} names {', '.join(named)}"
        remedy = f"take them out of {KEY}, or give files whose FIBERMAP has {COLUMN}"
        raise InputError(path, problem, expected=expected, remedy=remedy)


def _members(rows: pd.DataFrame, name: str) -> np.ndarray:
    need(rows, (COLUMN,))
    bits = rows[COLUMN].to_numpy(np.int64)
    return (bits >= 0) & ((bits >> BITS[name]) & 1 == 1)
