"""Lengths and angles on the sky of what was measured on an image."""

from __future__ import annotations

import numpy as np
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales

ARCSEC = 3600.0


def plane_matrix(wcs: WCS, x: float, y: float) -> np.ndarray:
    """Return the local map from pixels to the tangent plane at `x`, `y` [px, from 0].

    ``[[dE/dx, dE/dy], [dN/dx, dN/dy]]`` [arcsec/px], east and north positive.
    """
    half = 0.5
    xs = x + half * np.array([1, -1, 0, 0])
    ys = y + half * np.array([0, 0, 1, -1])
    lon, lat = wcs.all_pix2world(xs, ys, 0)
    _, here = wcs.all_pix2world(x, y, 0)
    turn = (lon[::2] - lon[1::2] + 180) % 360 - 180
    east = turn * np.cos(np.radians(here)) * ARCSEC
    north = (lat[::2] - lat[1::2]) * ARCSEC
    return np.array([east, north])


def position_angle(wcs: WCS, x: float, y: float, roll: float) -> float:
    """Return the position angle of an axis, from north through east [deg, 0 to 180).

    `roll` is its angle at `x`, `y` [px], from the image's +y counter-clockwise [rad].
    """
    east, north = plane_matrix(wcs, x, y) @ [-np.sin(roll), np.cos(roll)]
    return float(np.degrees(np.arctan2(east, north)) % 180.0)


def pixel_scale(wcs: WCS) -> float:
    """Return the side of a pixel [arcsec]: the geometric mean of both sides."""
    return float(np.sqrt(np.prod(proj_plane_pixel_scales(wcs.celestial))) * ARCSEC)
