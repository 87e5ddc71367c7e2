"""Emission lines and iron on a continuum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyloom.quasars.simulation.frame import LIGHT, PIXEL, PIXEL_LN, SIZE, pixel
from skyloom.quasars.simulation.profiles import add, areas

_FWHM = 2.3548200450309493  # of a Gaussian of sigma 1
_TO_SIGMA = 1.0 / _FWHM / PIXEL  # FWHM in km/s to sigma in pixels
_NARROWEST = 1.0  # pixels: the resolution of the spectrograph


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of n spectra, each array of shape (n, lines).

    `rest` (lines,) are vacuum wavelengths in Å; `width` rest equivalent widths in Å,
    negative if they absorb; `shift` that of the peak in km/s, positive away from us;
    `blue` and `red` the FWHM in km/s that each side would have were it symmetric;
    `wing` the Lorentzian share of the height.
    """

    rest: np.ndarray
    width: np.ndarray
    shift: np.ndarray
    blue: np.ndarray
    red: np.ndarray
    wing: np.ndarray


def add_lines(flux: np.ndarray, continuum: np.ndarray, z, lines: Lines) -> None:
    """Add lines to `flux` (n, SIZE) in place, in units of the `continuum` under them.

    Lines whose centre lies off the frame take the continuum at its nearest end, so
    that their wings reach in.
    """
    n, count = lines.width.shape
    centre = pixel(lines.rest * (1 + np.asarray(z)[:, None])) + lines.shift / PIXEL
    blue = np.maximum(lines.blue * _TO_SIGMA, _NARROWEST)
    red = np.maximum(lines.red * _TO_SIGMA, _NARROWEST)
    area = areas(blue, red, lines.wing)
    place = np.clip(np.rint(centre), 0, SIZE - 1).astype(int)
    under = np.take_along_axis(continuum, place, axis=1)
    height = lines.width * under / (lines.rest * PIXEL_LN * area)
    row = np.repeat(np.arange(n), count)
    near = (np.abs(centre - SIZE / 2) < SIZE / 2 + 1500).ravel()
    rest = (v.ravel()[near] for v in (centre, height, blue, red, lines.wing))
    add(flux, row[near], *rest)


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
    nothing = np.zeros_like(fwhm)
    add_lines(flux, continuum, z, Lines(rest, width, nothing, fwhm, fwhm, nothing))


def add_depths(depth: np.ndarray, row, z, rest, width, fwhm: float = 180.0) -> None:
    """Add narrow absorption lines to optical depths (n, SIZE) in place.

    m systems of redshifts `z` (m,) in the spectra `row` (m,) have lines at `rest` (k,)
    Å with the rest equivalent widths `width` (m, k) Å of weak lines and `fwhm` km/s.
    """
    centre = pixel(rest * (1 + np.asarray(z)[:, None]))
    sigma = np.full(centre.shape, max(fwhm * _TO_SIGMA, _NARROWEST))
    nothing = np.zeros(centre.shape)
    height = width / (rest * PIXEL_LN * areas(sigma, sigma, nothing))
    rows = np.repeat(np.asarray(row, dtype=np.int64), len(rest))
    flat = (v.ravel() for v in (centre, height, sigma, sigma, nothing))
    add(depth, rows, *flat)
