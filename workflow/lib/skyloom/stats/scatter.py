"""Robust scatter, and quantiles."""

from __future__ import annotations

import numpy as np
from astropy.stats import mad_std

LEVELS = (0.05, 0.16, 0.5, 0.84, 0.95)


def nmad(values, axis: int | None = None):
    """Return 1.4826 times the median distance from the median; NaN of nothing."""
    values = np.asarray(values, np.float64)
    return mad_std(values, axis=axis) if values.size else np.nan


def quantiles(values, levels=LEVELS) -> dict[str, float]:
    """Return quantiles by their names in per cent, as ``q05, q16, q50, q84, q95``."""
    found = np.quantile(values, levels).tolist()
    return {f"q{round(100 * q):02d}": x for q, x in zip(levels, found, strict=True)}
