"""True clusters on an image: their circles, and a mask of them."""

from __future__ import annotations

import numpy as np
from astropy.coordinates import angular_separation
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.sky.geometry import pixel_scale

REACH = np.radians(80.0)  # a tangent plane ends at 90 degrees


def circles(wcs: WCS, clusters: Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x, y and radius [px] of clusters on an image, shapes (n,).

    Clusters have ``RA, DEC`` [deg], ``Z_LAMBDA`` and ``R_LAMBDA`` [Mpc, physical].
    Pixel centres are at integers from 0; on the other side of the sky x, y are NaN.
    ValueError for a number that is none.
    """
    names = ("RA", "DEC", "Z_LAMBDA", "R_LAMBDA")
    ra, dec, z, size = (np.asarray(clusters[name], np.float64) for name in names)
    bad = ~np.isfinite([ra, dec, z, size]).all(axis=0)
    if bad.any():
        msg = f"cluster {bad.argmax()}: RA, DEC, Z_LAMBDA, R_LAMBDA cannot be a circle"
        raise ValueError(msg)
    lon, lat = np.radians(wcs.wcs.crval)
    away = angular_separation(lon, lat, np.radians(ra), np.radians(dec))
    ahead = away < REACH
    x, y = np.full((2, len(ra)), np.nan)
    if ahead.any():
        x[ahead], y[ahead] = wcs.all_world2pix(ra[ahead], dec[ahead], 0)
    # An empty array has no angle in astropy's cosmology.
    scale = arcsec_per_mpc(z) if len(z) else z
    return x, y, size * scale / pixel_scale(wcs)


def truth_mask(
    wcs: WCS,
    shape: tuple[int, int],
    clusters: Table,
    *,
    above: float = 0.0,
) -> np.ndarray:
    """Return the pixels (ny, nx) whose centres lie within R_LAMBDA of a cluster.

    For the columns see `circles`; those of LAMBDA below `above` are left out. Circles
    are cut at the edge of the image; their centres may lie outside.
    """
    mask, (rows, columns) = np.zeros(shape, bool), np.indices(shape)
    rich = clusters[np.asarray(clusters["LAMBDA"], np.float64) >= above]
    for x, y, radius in zip(*circles(wcs, rich), strict=True):
        mask |= (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    return mask
