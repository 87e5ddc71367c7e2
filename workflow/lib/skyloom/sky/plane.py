"""Where the pixels of an image lie on a tangent plane, as few numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from astropy.wcs import WCS

from skyloom.sky.geometry import pixel_scale
from skyloom.sky.tan import tan_wcs

STEPS = 9  # points along each axis that the numbers are fitted at


class Plane(NamedTuple):
    """An affine map from pixels to a tangent plane.

    Attributes
    ----------
    ra, dec : float
        Where the plane touches the sky [deg].
    matrix : ndarray, shape (2, 3)
        ``matrix @ [x, y, 1]`` are the coordinates to the east and north [deg] of the
        pixel x, y, from 0.
    error : float
        How far off that is at most, on a grid over the image [px].
    """

    ra: float
    dec: float
    matrix: np.ndarray
    error: float


def tangent_plane(wcs: WCS, shape: tuple[int, int]) -> Plane:
    """Return the map of an image (ny, nx) to the tangent plane at its middle.

    Of an image in gnomonic projection, distorted or not, at the point where that
    touches the sky: only distortions make the map less than exact there.
    """
    ny, nx = shape
    x, y = np.meshgrid(np.linspace(0, nx - 1, STEPS), np.linspace(0, ny - 1, STEPS))
    x, y = x.ravel(), y.ravel()
    sky = wcs.all_pix2world(x, y, 0)
    if wcs.wcs.ctype[0].split("-")[-1] in {"TAN", "TPV", "SIP"}:
        ra, dec = map(float, wcs.wcs.crval)
    else:
        ra, dec = map(float, wcs.all_pix2world((nx - 1) / 2, (ny - 1) / 2, 0))
    west, north = tan_wcs(ra, dec, (1, 1), 3600.0).wcs_world2pix(*sky, 0)
    wanted = np.stack([-west, north])
    pixels = np.stack([x, y, np.ones_like(x)])
    matrix = np.linalg.lstsq(pixels.T, wanted.T, rcond=None)[0].T
    off = np.hypot(*(matrix @ pixels - wanted)).max() * 3600.0 / pixel_scale(wcs)
    return Plane(ra, dec, matrix, float(off))
