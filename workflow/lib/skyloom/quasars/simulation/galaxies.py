"""Galaxies from z = 0.01 to 1.7: old and young stars, gas, and some with active nuclei.

Everything is made at rest wavelengths: the young part is a power law in the
ultraviolet with a Balmer jump, the old part has the 4000 Å break, and both carry
their absorption lines; the gas has the usual line ratios of its metallicity.
"""

from __future__ import annotations

import numpy as np

from skyloom.quasars.simulation.continuum import flat_dust
from skyloom.quasars.simulation.frame import rest
from skyloom.quasars.simulation.lines import Lines, add_lines

# Nodes of the old population: rest Å, f_λ.
_OLD = (
    (1300, 0.010), (1800, 0.012), (2200, 0.022), (2500, 0.045), (2700, 0.065),
    (2900, 0.11), (3100, 0.17), (3300, 0.25), (3500, 0.31), (3650, 0.35),
    (3750, 0.37), (3850, 0.42), (3920, 0.44), (3985, 0.60), (4050, 0.68),
    (4200, 0.70), (4280, 0.70), (4350, 0.78), (4600, 0.92), (4850, 0.96),
    (5100, 0.97), (5250, 0.98), (5500, 1.02), (5900, 1.01), (6300, 1.00),
    (6800, 0.97), (7300, 0.92), (8000, 0.87), (9000, 0.80), (10500, 0.72),
)  # fmt: skip

# Absorption of old stars: rest Å, FWHM Å, equivalent width Å.
_OLD_LINES = (
    (2798.0, 16.0, 5.0), (2852.5, 10.0, 4.0), (3834.0, 25.0, 6.0), (3934.8, 18.0, 9.0),
    (3969.6, 18.0, 8.0), (4227.9, 12.0, 1.5), (4305.0, 25.0, 5.5), (4384.8, 18.0, 3.0),
    (4532.0, 22.0, 2.5), (4669.0, 25.0, 3.0), (4862.7, 12.0, 1.6), (5015.0, 30.0, 3.0),
    (5176.5, 28.0, 5.0), (5271.0, 18.0, 2.5), (5335.0, 18.0, 2.2), (5893.8, 14.0, 3.5),
    (6564.6, 12.0, 1.2), (7053.0, 120.0, 6.0), (8500.4, 12.0, 1.2), (8544.4, 14.0, 3.2),
    (8664.5, 14.0, 2.6),
)  # fmt: skip

# Absorption of young galaxies: hydrogen, and the gas between their stars in the UV.
_YOUNG_LINES = (
    (1526.7, 6.0, 1.5), (1549.5, 9.0, 2.0), (1608.5, 6.0, 1.0), (1670.8, 6.0, 1.4),
    (1857.0, 10.0, 1.2), (2344.2, 6.0, 1.6), (2374.5, 5.0, 1.3), (2382.8, 6.0, 1.8),
    (2586.7, 6.0, 1.6), (2600.2, 6.0, 1.9), (2796.4, 5.0, 1.6), (2803.5, 5.0, 1.4),
    (3735.0, 10.0, 2.0), (3751.0, 10.0, 2.5), (3771.7, 11.0, 3.0), (3798.9, 12.0, 4.0),
    (3836.5, 14.0, 5.0), (3890.2, 15.0, 5.0), (3971.2, 16.0, 5.5), (4102.9, 17.0, 5.5),
    (4341.7, 17.0, 5.0), (4862.7, 16.0, 4.5), (6564.6, 14.0, 2.5),
)  # fmt: skip

# Gas: rest Å, flux over Hβ of a metal-poor, a metal-rich, and a Seyfert galaxy.
_GAS = (
    (1908.7, 0.25, 0.03, 0.30), (2326.0, 0.10, 0.05, 0.20), (2796.4, 0.06, 0.02, 0.15),
    (2803.5, 0.04, 0.02, 0.12), (3426.8, 0.00, 0.00, 0.80), (3727.1, 1.10, 0.80, 1.10),
    (3729.9, 1.50, 1.00, 1.30), (3869.9, 0.45, 0.06, 0.90), (3890.2, 0.18, 0.12, 0.15),
    (3969.0, 0.28, 0.12, 0.40), (4102.9, 0.25, 0.22, 0.25), (4341.7, 0.46, 0.43, 0.46),
    (4364.4, 0.08, 0.00, 0.15), (4687.0, 0.01, 0.00, 0.20), (4862.7, 1.00, 1.00, 1.00),
    (4960.3, 1.50, 0.15, 3.30), (5008.2, 4.50, 0.45, 10.0), (5877.3, 0.12, 0.10, 0.12),
    (6302.0, 0.05, 0.08, 0.45), (6549.9, 0.04, 0.45, 0.90), (6564.6, 2.90, 3.20, 3.10),
    (6585.3, 0.12, 1.35, 2.70), (6718.3, 0.25, 0.55, 0.80), (6732.7, 0.18, 0.42, 0.75),
    (7137.8, 0.08, 0.05, 0.20), (9071.1, 0.20, 0.20, 0.40), (9533.2, 0.50, 0.50, 1.00),
)  # fmt: skip


def draw_galaxy_redshifts(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw redshifts from 0.01 to 1.7: most of them where quasar surveys meet them."""
    low, high = rng.gamma(2.2, 0.14, n), rng.normal(1.05, 0.32, n)
    return np.clip(np.where(rng.random(n) < 0.5, low, high), 0.01, 1.7)


def draw_galaxies(z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw galaxies, shape (n, SIZE), float32, in no particular unit.

    Half form stars, a third are old, the rest is between; one in ten has a Seyfert
    nucleus with narrow lines.
    """
    n, wave = len(z), rest(z)
    young = np.clip(
        np.select(
            [rng.random(n) < 0.5, rng.random(n) < 0.6],
            [rng.beta(3.0, 1.5, n), rng.beta(1.0, 25.0, n)],
            rng.beta(2.0, 3.0, n),
        ),
        0, 1,
    )  # fmt: skip
    spread = 10.0 ** rng.normal(2.2, 0.15, (n, 1))
    stars = young[:, None] * _young(wave, z, spread, rng)
    stars = stars + (1 - young[:, None]) * old_stars(wave, z, rng)
    stars = (stars * flat_dust(wave, rng.exponential(0.12, n) * (0.3 + young))).astype(
        np.float32
    )
    flux = stars.copy()
    add_lines(flux, stars, z, _gas(young, spread, rng))
    return np.maximum(flux, 1e-5)


def old_stars(wave, z, rng: np.random.Generator) -> np.ndarray:
    """Draw old populations at rest wavelengths (n, SIZE), 1 near 5500 Å."""
    n = len(z)
    place, level = np.array(_OLD).T
    age = rng.normal(1.0, 0.18, (n, 1)).clip(0.5, 1.5)
    curve = np.interp(wave, place, np.log(level)).astype(np.float32)
    flux = np.exp(curve * age.astype(np.float32))
    centre, fwhm, width = np.array(_OLD_LINES).T
    _absorb(flux, z, centre, fwhm, width * rng.uniform(0.7, 1.2, (n, 1)))
    return flux


def _young(wave, z, spread, rng) -> np.ndarray:
    n = len(z)
    slope = rng.normal(-1.5, 0.45, (n, 1)).astype(np.float32)
    x = np.log(wave / np.float32(5500.0))
    edge = 0.5 - 0.5 * np.tanh((wave - 3700.0) / 60.0)
    jump = rng.uniform(0.15, 0.75, (n, 1)) * edge
    flux = np.exp(slope * x - jump).astype(np.float32)
    # Below Lyman α the intergalactic gas and the stars themselves leave little.
    flux *= np.where(wave < 1216.0, np.float32(0.4), np.float32(1.0))
    centre, fwhm, width = np.array(_YOUNG_LINES).T
    kept = rng.uniform(0.3, 1.5, (n, 1))
    _absorb(flux, z, centre, fwhm + 0.0 * spread, width * kept)
    return flux


def _absorb(flux, z, centre, fwhm, width) -> None:
    speed = 299_792.458 * fwhm / centre + np.zeros_like(width)
    none = np.zeros_like(width)
    add_lines(flux, flux.copy(), z, Lines(centre, -width, none, speed, speed, none))
    np.maximum(flux, 1e-4, out=flux)


def _gas(young, spread, rng) -> Lines:
    n = len(young)
    centre, poor, rich, seyfert = np.array(_GAS).T
    mix = rng.beta(1.2, 1.2, (n, 1))
    active = rng.random((n, 1)) < 0.10
    dex = (1 - mix) * np.log10(poor + 1e-3) + mix * np.log10(rich + 1e-3)
    ratio = np.where(active, seyfert, 10.0**dex)
    hbeta = 22.0 * young[:, None] ** 1.3 * 10.0 ** rng.normal(0, 0.28, (n, 1))
    hbeta = np.where(active, hbeta + 4.0, hbeta)
    # Equivalent widths rise to the red where the young continuum falls.
    width = (
        hbeta * ratio * (centre / 4862.7) ** 0.9 * 10.0 ** rng.normal(0, 0.06, (n, 1))
    )
    fwhm = np.where(active, 2.4, 1.0) * spread * np.ones(len(centre))
    none = np.zeros_like(width)
    return Lines(centre, width, none, fwhm, fwhm, none)
