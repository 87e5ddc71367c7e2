"""A galaxy's fingerprint: which share of its spectra falls on each unit of the map."""

from __future__ import annotations

import numpy as np
import pandas as pd

COLUMNS = {"counts": None, "area": "area", "light": "light"}
# Poisson's 68.3 % upper limit on the mean where nothing was counted: -ln(1 - 0.683).
NOTHING = 1.15


def weights(info: pd.DataFrame, weight: str, radius: float | None) -> np.ndarray:
    """Return what each spectrum counts; 0 for one that is left out.

    Parameters
    ----------
    info : DataFrame of n rows
        With the column that is asked for: ``area`` [arcsec²] or ``light`` [flux times
        area]; and with ``r_re_light`` [Re] where there is a `radius`.
    weight : {"counts", "area", "light"}
        One, its area, or its light. A spectrum whose area or light is unknown, or is
        not positive, is left out.
    radius : float or None
        Largest radius [Re]; a spectrum of unknown radius is left out.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    column = COLUMNS[weight]
    found = np.ones(len(info)) if column is None else info[column].to_numpy(float)
    kept = np.isfinite(found) & (found > 0)
    if radius is not None:
        kept &= info["r_re_light"].to_numpy(float) <= radius  # False for NaN
    return np.where(kept, found, 0.0)


def fingerprint(
    bmu: np.ndarray, weight: np.ndarray, n_units: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of the weight on each unit, and its standard error.

    A unit's sum of weights has the variance of its sum of squared weights, as a number
    of spectra has Poisson's; the share divides by the total, whose error is correlated
    with the unit's own, so that of equal weights ``p (1 - p) / n`` remains. The error
    of a unit without spectra is Poisson's upper limit at 68 %. Neighbouring spectra
    share their light through the point spread: these errors are lower limits.

    Parameters
    ----------
    bmu : ndarray of int, shape (n,)
        Best-matching units, row by row of the map.
    weight : ndarray, shape (n,)
        Not negative.
    n_units : int
        Units of the map.

    Returns
    -------
    share, error : ndarray of float64, shape (n_units,)
        Shares add up to 1; of nothing all is 0.
    """
    total = weight.sum()
    if not total > 0:
        return np.zeros(n_units), np.zeros(n_units)
    share = np.bincount(bmu, weight, n_units) / total
    square = np.bincount(bmu, weight**2, n_units) / total**2
    variance = (1 - share) ** 2 * square + share**2 * (square.sum() - square)
    # One spectrum more would weigh what spectra do on average by weight.
    nothing = NOTHING * square.sum()
    return share, np.where(square > 0, np.sqrt(variance), nothing)


def entropy(share: np.ndarray) -> np.ndarray:
    """Return the entropy of fingerprints [nat], over the last axis; 0 of one unit."""
    p = np.asarray(share, float)
    return -np.sum(p * np.log(np.where(p > 0, p, 1.0)), axis=-1) + 0.0
