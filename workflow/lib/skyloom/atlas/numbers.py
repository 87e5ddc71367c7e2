"""Numbers of tables as a page holds them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

DIGITS = 4  # of a quantity: a page is read by eye


def short(value, digits: int = DIGITS) -> float | int | None:
    """Return a few digits of a number, None of what is none, masked or not finite."""
    if value is None or np.ma.is_masked(value) or not math.isfinite(value):
        return None
    value = float(value)
    return int(value) if value.is_integer() else float(f"{value:.{digits}g}")


def real(value) -> float:
    """Return a number of a table, NaN of what is masked."""
    return math.nan if np.ma.is_masked(value) else float(value)


def quantities(row: Mapping, names: Iterable[str]) -> dict[str, float | int | None]:
    """Return some quantities of a row, `short`; None where it has no such column."""
    return {name: short(row[name]) if name in row else None for name in names}


def evenly(n: int, most: int) -> np.ndarray:
    """Return which of `n` rows a page shows: at most `most`, evenly chosen."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(int))


def degrees(value: float) -> float:
    """Return a right ascension or declination to 4 milliarcseconds."""
    return round(float(value), 6)
