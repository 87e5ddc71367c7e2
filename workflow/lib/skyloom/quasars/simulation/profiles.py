"""Line profiles added to many spectra at once.

All kernels stay in this one file: numba's cache of a caller does not notice a change
of a callee that lives elsewhere.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_GAUSS_REACH = 4.5  # standard deviations
_WING_REACH = 14.0
_HALF = 1.1774100225154747  # half width at half maximum of a Gaussian of sigma 1
_GAUSS_AREA = 1.2533141373155003  # sqrt(pi / 2): half a Gaussian of sigma 1


def areas(blue: np.ndarray, red: np.ndarray, wing: np.ndarray) -> np.ndarray:
    """Return the areas in pixels of profiles of height 1.

    `blue`, `red` are the standard deviations of the sides in pixels, `wing` the
    Lorentzian share of the height, as `add` cuts it.
    """
    reach = _WING_REACH / _HALF
    lorentz = _HALF * (math.atan(reach) - reach / (1 + reach**2))
    lorentz *= (1 + reach**2) / reach**2
    return (blue + red) * ((1 - wing) * _GAUSS_AREA + wing * lorentz)


@njit(cache=True)
def add(flux, row, centre, height, blue, red, wing):
    """Add asymmetric pseudo-Voigt lines to spectra, in place.

    A side of a line is ``(1 - wing) Gauss + wing Lorentz`` with the same width at
    half height; the Lorentzian is lowered to reach 0 at 14 standard deviations.

    `flux` is (n, npix); of each of m lines, `row` is its spectrum, `centre` its place,
    `blue` and `red` the standard deviations of its sides, in pixels, `height` that at
    the centre, and `wing` the Lorentzian share of it.
    """
    size = flux.shape[1]
    floor = 1.0 / (1.0 + (_WING_REACH / _HALF) ** 2)
    for k in range(len(row)):
        if height[k] == 0.0:
            continue
        reach = _WING_REACH if wing[k] > 0.0 else _GAUSS_REACH
        first = max(0, math.ceil(centre[k] - reach * blue[k]))
        last = min(size - 1, math.floor(centre[k] + reach * red[k]))
        for j in range(first, last + 1):
            width = blue[k] if j < centre[k] else red[k]
            x = (j - centre[k]) / width
            value = (1.0 - wing[k]) * math.exp(-0.5 * x * x)
            if wing[k] > 0.0:
                lorentz = 1.0 / (1.0 + (x / _HALF) ** 2)
                value += wing[k] * (lorentz - floor) / (1.0 - floor)
            flux[row[k], j] += height[k] * value


@njit(cache=True)
def add_teeth(flux, row, head, depth, length):
    """Add molecular bands that start at a head and fade to the red, in place.

    `flux` are optical depths (n, npix); each of m bands starts at `head` with `depth`
    and falls to 1/e over `length`, in pixels.
    """
    size = flux.shape[1]
    for k in range(len(row)):
        if depth[k] == 0.0:
            continue
        first = max(0, math.ceil(head[k] - 8.0))
        last = min(size - 1, math.floor(head[k] + 5.0 * length[k]))
        for j in range(first, last + 1):
            x = j - head[k]
            if x < 0.0:
                value = math.exp(-0.5 * (x / 2.5) ** 2)
            else:
                value = math.exp(-x / length[k])
            flux[row[k], j] += depth[k] * value
