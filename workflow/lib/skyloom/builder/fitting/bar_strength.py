"""How much the inside of a disk looks like a bar: an image's own word, without a fit.

In the plane of the disk a bar is light that repeats after half a turn, at one angle
over a range of radii; an arm turns its angle with the radius, and a bulge is round.

Source: Aguerri et al. 1998, AJ 116, 2136, section 3 (Fourier amplitudes of bars).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import map_coordinates

from skyloom.builder.aggregation.logspiral import project
from skyloom.builder.model import Sersic, replace

RADII = np.arange(0.1, 0.91, 0.05)  # of disk Re
LEAST_RADIUS = 3.0  # px: within, the PSF is round
LEAST_Q = 0.3  # flatter disks cannot be turned face on
WINDOW = 6  # radii over which a bar keeps its angle
LEAST_LIGHT = 1e-3  # of the brightest point, that a radius has at least
_ANGLES = 2 * np.pi * np.arange(64) / 64


def bar_strength(image: np.ndarray, mask: np.ndarray, disk: Sersic, centre) -> float:
    """Return the largest m = 2 amplitude of one angle, relative to the mean light.

    0 for a round galaxy; about 0.2 for a weak bar and 0.6 for a strong one; NaN where
    the disk is too small to tell.

    Parameters
    ----------
    image : ndarray, shape (ny, nx)
        Sky-subtracted image, in any unit.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad; such pixels count as dark.
    disk : Sersic
        Its axis ratio, roll and Re.
    centre : tuple of float
        Of the galaxy's inside [px].
    """
    mux, muy = centre
    plane = replace(disk, mux=mux, muy=muy, q=max(disk.q, LEAST_Q))
    r = (RADII * disk.Re)[RADII * disk.Re >= LEAST_RADIUS]
    if len(r) < WINDOW:
        return math.nan
    radius, angle = np.meshgrid(r, _ANGLES, indexing="ij")
    x, y = project(radius.ravel(), angle.ravel(), plane).T
    seen = map_coordinates(np.where(mask, 0.0, image), [y, x], order=1, mode="nearest")
    light = seen.reshape(radius.shape)
    if light.max() <= 0:
        return 0.0
    mean = np.maximum(light.mean(1), LEAST_LIGHT * light.max())
    twofold = 2 * (light * np.exp(-2j * angle)).mean(1) / mean
    steady = np.convolve(twofold, np.full(WINDOW, 1 / WINDOW), mode="valid")
    return float(np.abs(steady).max())
