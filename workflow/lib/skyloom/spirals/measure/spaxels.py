"""Maps on the spaxels of an integral-field survey."""

from __future__ import annotations

import numpy as np

from skyloom.spirals.geometry import Stamp


def on_spaxels(maps: np.ndarray, stamp: Stamp, side: float) -> tuple[np.ndarray, Stamp]:
    """Return the means of maps over the spaxels of a grid with the same middle.

    Each pixel counts by the area it shares with a spaxel, so that the sum over the
    field is kept. Both grids are of one projection about one point: their axes agree.
    For standard deviations this is the mean too, as errors of neighbouring pixels go
    together.

    Parameters
    ----------
    maps : ndarray, shape (..., H, W)
        Shares.
    stamp : Stamp
        Where they lie.
    side : float
        Of a spaxel [arcsec]: 0.5 for MaNGA's and SAMI's cubes.

    Returns
    -------
    means : ndarray, shape (..., n, n)
        Of as many whole spaxels as the field holds.
    stamp : Stamp
        Where these lie.

    Raises
    ------
    ValueError
        When the field is smaller than a spaxel.
    """
    n = int(stamp.field / side + 1e-9)
    if n < 1:
        msg = f"spaxels of {side:g} arcsec: the field is {stamp.field:.3g} arcsec wide"
        raise ValueError(msg)
    weights = _overlaps(stamp.size, n, side / stamp.scale)
    means = np.einsum("ij,...jk,lk->...il", weights, maps, weights)
    return means.astype(maps.dtype), Stamp(stamp.ra, stamp.dec, side, n)


def _overlaps(size: int, n: int, side: float) -> np.ndarray:
    """Return the part of each of n intervals of `side` px in each of `size` pixels."""
    edges = size / 2 + side * (np.arange(n + 1) - n / 2)
    pixels = np.arange(size)
    low = np.maximum(edges[:-1, None], pixels)
    high = np.minimum(edges[1:, None], pixels + 1)
    return np.clip(high - low, 0, None) / side
