"""Robust scatter, and quantiles."""

from __future__ import annotations

import numpy as np
from astropy.stats import mad_std

LEVELS = (0.05, 0.16, 0.5, 0.84, 0.95)


def nmad(values):
    """Return 1.4826 times the median distance from the median; NaN of nothing."""
    values = np.asarray(values, np.float64)
    return mad_std(values) if values.size else np.nan


def quantiles(values, levels=LEVELS) -> dict:
    """Return quantiles over the first axis by their names, ``q05, q16, ... q95``.

    Numbers of a list of values, arrays of draws of several.
    """
    found = np.quantile(values, levels, axis=0)
    found = found.tolist() if found.ndim == 1 else found
    return {f"q{round(100 * q):02d}": x for q, x in zip(levels, found, strict=True)}
