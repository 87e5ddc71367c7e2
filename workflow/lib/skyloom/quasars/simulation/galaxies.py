"""Galaxies from z = 0.01 to 1.7: old and young stars, gas, and some with active nuclei.

Everything is made at rest wavelengths: the young part is a power law in the
ultraviolet with a Balmer jump, the old part has the 4000 Å break, and both carry
their absorption lines; the gas has the usual line ratios of its metallicity.
"""

from __future__ import annotations

import numpy as np

from skyloom.quasars.simulation.continuum import GREY, dust
from skyloom.quasars.simulation.frame import LIGHT, rest
from skyloom.quasars.simulation.lines import NOTHING, Lines, add_lines
from skyloom.quasars.simulation.tables import columns

FORMING, ACTIVE = 0.6, 0.15  # of galaxies: form stars, have a nucleus of type 2


def draw_galaxy_redshifts(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw redshifts from 0.01 to 1.7: most of them where quasar surveys meet them."""
    low, high = rng.gamma(2.2, 0.14, n), rng.normal(1.05, 0.32, n)
    return np.clip(np.where(rng.random(n) < 0.5, low, high), 0.01, 1.7)


def draw_galaxies(z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw galaxies, shape (n, SIZE), float32, in no particular unit.

    Three fifths form stars, a quarter is old, the rest is between; one in seven has
    a nucleus of type 2 with narrow lines, [O III] of some tens of Å as in Zakamska et
    al. 2003 (AJ 126, 2125).
    """
    n, wave = len(z), rest(z)
    forming, old = rng.random(n) < FORMING, rng.random(n) < 0.65
    among = [rng.beta(3.0, 1.5, n), rng.beta(1.0, 25.0, n)]
    young = np.select([forming, old], among, rng.beta(2.0, 3.0, n)).clip(0, 1)
    spread = 10.0 ** rng.normal(2.2, 0.15, (n, 1))
    stars = young[:, None] * _young(wave, z, rng)
    stars = stars + (1 - young[:, None]) * old_stars(wave, z, rng)
    passed = dust(wave, rng.exponential(0.12, n) * (0.3 + young), GREY)
    stars = (stars * passed).astype(np.float32)
    flux = stars.copy()
    add_lines(flux, stars, z, _gas(young, spread, rng))
    return np.maximum(flux, 1e-5)


def old_stars(wave, z, rng: np.random.Generator) -> np.ndarray:
    """Draw old populations at rest wavelengths (n, SIZE), 1 near 5500 Å."""
    n = len(z)
    place, level = columns("old_stars")
    age = rng.normal(1.0, 0.18, (n, 1)).clip(0.5, 1.5)
    curve = np.interp(wave, place, np.log(level)).astype(np.float32)
    flux = np.exp(curve * age.astype(np.float32))
    centre, fwhm, width = columns("old_absorption")
    _absorb(flux, z, centre, fwhm, width * rng.uniform(0.7, 1.2, (n, 1)))
    return flux


def _young(wave, z, rng) -> np.ndarray:
    n = len(z)
    slope = rng.normal(-1.5, 0.45, (n, 1)).astype(np.float32)
    x = np.log(wave / np.float32(5500.0))
    edge = 0.5 - 0.5 * np.tanh((wave - 3700.0) / 60.0)
    jump = rng.uniform(0.15, 0.75, (n, 1)) * edge
    flux = np.exp(slope * x - jump).astype(np.float32)
    # Below Lyman α the intergalactic gas and the stars themselves leave little.
    flux *= np.where(wave < 1216.0, np.float32(0.4), np.float32(1.0))
    centre, fwhm, width = columns("young_absorption")
    kept = rng.uniform(0.3, 1.5, (n, 1))
    _absorb(flux, z, centre, fwhm, width * kept)
    return flux


def _absorb(flux, z, centre, fwhm, width) -> None:
    speed = LIGHT * fwhm / centre
    lines = Lines(centre, -width, NOTHING, speed, speed, NOTHING)
    add_lines(flux, flux.copy(), z, lines)
    np.maximum(flux, 1e-4, out=flux)


def _gas(young, spread, rng) -> Lines:
    n = len(young)
    centre, poor, rich, seyfert = columns("gas")
    mix = rng.beta(1.2, 1.2, (n, 1))
    active = rng.random((n, 1)) < ACTIVE
    dex = (1 - mix) * np.log10(poor + 1e-3) + mix * np.log10(rich + 1e-3)
    ratio = np.where(active, seyfert, 10.0**dex)
    hbeta = 22.0 * young[:, None] ** 1.3 * 10.0 ** rng.normal(0, 0.28, (n, 1))
    hbeta = np.where(active, hbeta + 4.0 * 10.0 ** rng.normal(0, 0.3, (n, 1)), hbeta)
    # Equivalent widths rise to the red where the young continuum falls.
    width = hbeta * ratio * (centre / 4862.7) ** 0.9
    width = width * 10.0 ** rng.normal(0, 0.06, (n, 1))
    fwhm = np.where(active, 2.4, 1.0) * spread
    return Lines(centre, width, NOTHING, fwhm, fwhm, NOTHING)
