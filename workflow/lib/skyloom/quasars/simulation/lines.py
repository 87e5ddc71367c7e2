"""Lines added to many spectra at once: emission and iron on a continuum, absorption.

All kernels stay in this one file: numba's cache of a caller does not notice a change
of a callee that lives elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from skyloom.quasars.simulation.frame import LIGHT, PIXEL, PIXEL_LN, SIZE, pixel

_FWHM = 2.3548200450309493  # of a Gaussian of sigma 1
_TO_SIGMA = 1.0 / _FWHM / PIXEL  # FWHM in km/s to sigma in pixels
_NARROW = 180.0  # FWHM of lines of narrow absorbers, km/s
_NARROWEST = 1.0  # pixels: the resolution of the spectrograph
_GAUSS_REACH = 4.5  # standard deviations
_WING_REACH = 14.0
_HALF = 1.1774100225154747  # half width at half maximum of a Gaussian of sigma 1
_GAUSS_AREA = 1.2533141373155003  # sqrt(pi / 2): half a Gaussian of sigma 1


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of n spectra, each array of shape (n, lines), or one that broadcasts.

    `rest` (lines,) are vacuum wavelengths in Å; `width` (n, lines) rest equivalent
    widths in Å, negative if they absorb; `shift` (km/s) is positive away from us;
    `blue` and `red` the FWHM in km/s that each side would have were it symmetric;
    `wing` the Lorentzian share of the height.
    """

    rest: np.ndarray
    width: np.ndarray
    shift: np.ndarray
    blue: np.ndarray
    red: np.ndarray
    wing: np.ndarray


NOTHING = np.zeros(1)  # of a shift, or of a Lorentzian share


def add_lines(flux: np.ndarray, continuum: np.ndarray, z, lines: Lines) -> None:
    """Add lines to `flux` (n, SIZE) in place, in units of the `continuum` under them.

    Lines whose centre lies off the frame take the continuum at its nearest end, so
    that their wings reach in.
    """
    centre = pixel(lines.rest * (1 + np.asarray(z)[:, None])) + lines.shift / PIXEL
    blue = np.maximum(lines.blue * _TO_SIGMA, _NARROWEST)
    red = np.maximum(lines.red * _TO_SIGMA, _NARROWEST)
    area = areas(blue, red, lines.wing)
    place = np.clip(np.rint(centre), 0, SIZE - 1).astype(int)
    under = np.take_along_axis(continuum, place, axis=1)
    height = lines.width * under / (lines.rest * PIXEL_LN * area)
    near = np.abs(centre - SIZE / 2) < SIZE / 2 + 1500
    all_of_them = np.broadcast_arrays(centre, height, blue, red, lines.wing)
    add(flux, np.nonzero(near)[0], *(values[near] for values in all_of_them))


def add_humps(flux, continuum, z, humps, strength, broadening) -> None:
    """Add iron as Gaussian humps to `flux` (n, SIZE) in place.

    `humps` are rest wavelengths (Å), sigmas (Å) and relative heights (3, k); `strength`
    (n, k) or (n, 1) is the height of a hump of relative height 1 in units of the
    continuum; `broadening` (n,) is a factor on the widths.
    """
    rest, sigma, height = humps
    velocity = _FWHM * sigma / rest * LIGHT
    fwhm = velocity * broadening[:, None]
    size = np.broadcast_to(strength, fwhm.shape) * height
    width = size * np.sqrt(2 * np.pi) * sigma * broadening[:, None]
    add_lines(flux, continuum, z, Lines(rest, width, NOTHING, fwhm, fwhm, NOTHING))


def add_depths(depth: np.ndarray, row, z, rest, width) -> None:
    """Add narrow absorption lines to optical depths (n, SIZE) in place.

    m systems of redshifts `z` (m,) in the spectra `row` (m,) have lines at `rest` (k,)
    Å with the rest equivalent widths `width` (m, k) Å of weak lines.
    """
    centre = pixel(rest * (1 + np.asarray(z)[:, None]))
    add_weak(depth, row, rest, centre, width, _NARROW * _TO_SIGMA, NOTHING)


def add_weak(depth, row, rest, centre, width, sigma, wing) -> None:
    """Add lines (m, k) at some pixels, `sigma` pixels wide, to rows of depths."""
    height = width / (rest * PIXEL_LN * areas(sigma, sigma, wing))
    rows = np.asarray(row, dtype=np.int64)[:, None]
    wide = np.broadcast_arrays(rows, centre, height, sigma, sigma, wing)
    add(depth, *(values.flatten() for values in wide))


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
