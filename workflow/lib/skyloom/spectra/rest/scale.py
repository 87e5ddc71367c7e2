"""Scaling of a spectrum by numbers of its own: its level, and its spread."""

from __future__ import annotations

import numpy as np

from skyloom.spectra.rest.grid import RestGrid

METHODS = ("zscore", "window", "median")
WINDOW = (4050.0, 4150.0)  # Å at rest


def scale(
    flux: np.ndarray, ivar: np.ndarray, grid: RestGrid, method: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scaled flux and ivar, and which spectra can be scaled.

    Parameters
    ----------
    flux, ivar : ndarray, shape (n, pixels)
        Spectra at rest; pixels of `ivar` 0 take no part.
    grid : RestGrid
        Their wavelengths.
    method : {"zscore", "window", "median"}
        Less the mean and divided by the standard deviation along the spectrum;
        divided by the mean flux at 4050-4150 Å; divided by the median flux.

    Returns
    -------
    flux, ivar : ndarray of float32, shape (n, pixels)
        0 where masked, and in all pixels of a spectrum that cannot be scaled.
    usable : ndarray of bool, shape (n,)
        False for a spectrum without good pixels (in the window), or whose divisor is
        not a positive number.
    """
    good = ivar > 0
    level = np.zeros(len(flux))
    if method == "zscore":
        level = _mean(flux, good)
        spread = np.sqrt(_mean((flux - level[:, None]) ** 2, good))
    elif method == "window":
        inside = (grid.wave >= WINDOW[0]) & (grid.wave <= WINDOW[1])
        spread = _mean(flux[:, inside], good[:, inside])
    elif method == "median":
        masked = np.where(good, flux, np.nan)
        usable = good.any(axis=1)
        spread = np.full(len(flux), np.nan)
        spread[usable] = np.nanmedian(masked[usable], axis=1)
    else:
        msg = f"method {method!r}: it is one of {', '.join(METHODS)}"
        raise ValueError(msg)
    usable = np.isfinite(spread) & (spread > 0)
    divisor = np.where(usable, spread, 1.0)[:, None]
    keep = good & usable[:, None]
    scaled = np.where(keep, (flux - level[:, None]) / divisor, 0.0)
    weight = np.where(keep, ivar * divisor**2, 0.0)
    return scaled.astype(np.float32), weight.astype(np.float32), usable


def _mean(values: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Return the mean of good values of each row; NaN for a row without."""
    count = good.sum(axis=1)
    total = np.where(good, values, 0.0).sum(axis=1, dtype=np.float64)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
