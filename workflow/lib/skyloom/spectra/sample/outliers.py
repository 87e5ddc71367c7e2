"""Spectra with a pixel far from all others' are left out of the sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

EXTREMES = ("flux_min", "flux_max")  # of the scaled flux; NaN: cannot be scaled


def thresholds(info: pd.DataFrame, percentiles: Sequence[float]) -> tuple[float, float]:
    """Return the smallest and largest scaled flux that a spectrum may have.

    Parameters
    ----------
    info : DataFrame
        `EXTREMES` of training spectra.
    percentiles : sequence of 2 float
        Of the smallest and of the largest flux.

    Raises
    ------
    ValueError
        None of the spectra can be scaled.
    """
    ends = []
    for column, percentile in zip(EXTREMES, percentiles, strict=True):
        values = info[column].to_numpy(float)
        values = values[np.isfinite(values)]
        if not len(values):
            msg = "none of the training spectra can be scaled"
            raise ValueError(msg)
        ends.append(float(np.percentile(values, percentile)))
    return ends[0], ends[1]


def reasons(info: pd.DataFrame, ends: tuple[float, float]) -> np.ndarray:
    """Return why each spectrum is left out, shape (n,); empty where it is not."""
    low, high = (info[column].to_numpy(float) for column in EXTREMES)
    why = np.full(len(info), "", object)
    why[low < ends[0]] = "flux below the threshold"
    why[high > ends[1]] = "flux above the threshold"
    why[~(np.isfinite(low) & np.isfinite(high))] = "cannot be scaled"
    return why
