"""Petrosian radii of a disk with a bulge, and the pixel scale that follows."""

from __future__ import annotations

import numpy as np
from scipy.special import gamma, gammainc, gammaincinv

RADII = 400


def picture_scale(disk: float, length: float, radius: float, index: float) -> float:
    """Return the pixel scale of a picture [arcsec], as Galaxy Zoo DECaLS chose it.

    max(min(0.04 p50, 0.02 p90), 0.1), p50 and p90 the radii that hold 50 and 90 % of
    the light within two Petrosian radii.

    Parameters
    ----------
    disk : float
        Share of the light in an exponential disk of scale length `length` [arcsec].
    radius, index : float
        Effective radius [arcsec] and index of the Sersic bulge that has the rest.
    """
    b = gammaincinv(2 * index, 0.5)
    r = np.geomspace(0.02, 30, RADII) * max(length, radius)
    x = b * (r / radius) ** (1 / index)
    light = disk * (1 - (1 + r / length) * np.exp(-r / length))
    light += (1 - disk) * gammainc(2 * index, x)
    bright = disk * np.exp(-r / length) / (2 * np.pi * length**2)
    whole = 2 * np.pi * index * b ** (-2 * index) * gamma(2 * index) * radius**2
    bright += (1 - disk) * np.exp(-x) / whole
    # The Petrosian radius: where the brightness is a fifth of that within.
    end = np.argmax(bright < 0.2 * light / (np.pi * r**2))
    total = np.interp(2 * r[end], r, light)
    p50, p90 = np.interp([0.5 * total, 0.9 * total], light, r)
    return float(max(min(0.04 * p50, 0.02 * p90), 0.1))
