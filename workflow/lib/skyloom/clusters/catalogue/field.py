"""The field: galaxies of the luminosity function, clustered, and stars."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.integrate import cumulative_trapezoid
from scipy.special import gamma

from skyloom.clusters.bands import BANDS
from skyloom.clusters.catalogue.colours import RedSequence, Templates
from skyloom.clusters.catalogue.halos import red_magnitudes
from skyloom.sky.cosmology import COSMOLOGY, arcsec_per_mpc

I_BAND = BANDS.index("i")
# Schechter functions in r of red and blue galaxies for h = 0.7 (Baldry et al. 2004,
# ApJ 600, 681, rounded; slope of the blue ones: Faber et al. 2007): M*, slope,
# density [1/Mpc^3].
RED = (-21.49, -0.83, 2.25e-3)
BLUE = (-21.22, -1.30, 2.05e-3)
# With redshift: blue galaxies brighten (Blanton et al. 2003, ApJ 592, 819: Q = 1.6),
# red ones follow the passive m*(z) and become rarer (Faber et al. 2007, ApJ 665, 265).
BRIGHTENING = 1.6  # mag per unit redshift, up to z = 1
RED_RARER = -1.0  # power of 1 + z
ANCHOR = 0.1  # redshift where both functions hold
# Correlation function (r / r0)^-1.8 of luminosity-limited samples (Zehavi et al. 2011,
# ApJ 736, 59), and the thickness of a slice of redshift.
R0, SLOPE = 5.0 / COSMOLOGY.h, 1.8  # Mpc comoving
# c / H0 [Mpc/h], rounded: the cosmology's own, 2997.92, would change every field that a
# seed draws.
HUBBLE_LENGTH = 2998.0
SLICE = 0.04
FARTHEST = 2.0
GRID = 128  # cells along a side that is twice the field's
# Stars: counts grow as 10^(0.12 i); colours at nodes of g-i, after Covey et al. 2007
# (AJ 134, 2398, table 3, rounded).
BRIGHTEST = 14.0  # i magnitude of galaxies and stars [AB mag]
STARS = 4.0  # in a square arcminute down to the faintest magnitude
STAR_STEEPNESS = 0.12
G_I = (0.3, 0.6, 1.0, 1.5, 2.0, 2.5, 3.0)
R_I = (0.05, 0.16, 0.28, 0.44, 0.71, 1.10, 1.56)
I_Z = (0.00, 0.06, 0.14, 0.24, 0.38, 0.59, 0.84)


def draw_galaxies(
    rng: np.random.Generator,
    side: tuple[float, float],
    red_sequence: RedSequence,
    templates: Templates,
    faintest: float,
) -> dict[str, np.ndarray]:
    """Draw the galaxies of a field down to an i magnitude.

    Parameters
    ----------
    rng : Generator
        Of the field.
    side : tuple of 2 float
        Width and height [arcsec].
    red_sequence, templates : RedSequence, Templates
        Magnitudes of red and of other galaxies.
    faintest : float
        i magnitude [AB mag].

    Returns
    -------
    dict of str to ndarray
        ``east``, ``north`` [arcsec from the corner], ``z``, ``magnitudes`` (n, 4),
        ``early``.
    """
    edges = np.arange(0.02, FARTHEST + SLICE / 2, SLICE)
    slices = [
        _slice(rng, low, high, side, red_sequence, templates, faintest)
        for low, high in itertools.pairwise(edges)
    ]
    return {key: np.concatenate([part[key] for part in slices]) for key in slices[0]}


def _slice(rng, low, high, side, red_sequence, templates, faintest):
    share = side[0] * side[1] / (4 * np.pi * (180 / np.pi * 3600) ** 2)
    shells = COSMOLOGY.comoving_volume([low, high]).value
    volume = float(shells[1] - shells[0]) * share  # Mpc^3
    red = _red(rng, volume, low, high, red_sequence, faintest)
    blue = _blue(rng, volume, low, high, templates, faintest)
    magnitudes = np.concatenate([red[1], blue[1]])
    n = len(magnitudes)
    east, north = positions(rng, n, (low + high) / 2, high - low, side)
    return {
        "east": east,
        "north": north,
        "z": np.concatenate([red[0], blue[0]]),
        "magnitudes": magnitudes,
        "early": np.arange(n) < len(red[0]),
    }


def _red(rng, volume, low, high, red_sequence, faintest):
    """Return redshifts and magnitudes of red galaxies, relative to m*(z) as members."""
    mean = (low + high) / 2
    if mean > red_sequence.z[-1]:
        return np.zeros(0), np.zeros((0, len(BANDS)))
    star = red_sequence.m_star(mean)[I_BAND]
    density = RED[2] * ((1 + mean) / (1 + ANCHOR)) ** RED_RARER
    limits = BRIGHTEST - star, faintest - star
    number, relative = _luminosities(rng, RED[1], *limits, density * volume)
    z = rng.uniform(low, high, number)
    return z, red_magnitudes(rng, red_sequence, z, relative)


def _blue(rng, volume, low, high, templates, faintest):
    mean = (low + high) / 2
    star = BLUE[0] - BRIGHTENING * (min(mean, 1.0) - ANCHOR)
    star += COSMOLOGY.distmod(mean).value
    # The i-band offset of a middle type says how deep the slice is; types differ
    # by a few tenths, so the cut is made on the magnitudes that come out.
    middle = templates.offset(np.array([1.5]), np.array([mean]))[0, I_BAND]
    limits = BRIGHTEST - star - middle, faintest - star - middle + 0.5
    number, relative = _luminosities(rng, BLUE[1], *limits, BLUE[2] * volume)
    z = rng.uniform(low, high, number)
    blueness = rng.uniform(0.7, 3.0, number)
    step = COSMOLOGY.distmod(np.array([low, mean, high])).value
    distance = np.interp(z, [low, mean, high], step - step[1])
    magnitudes = (star + relative + distance)[:, None] + templates.offset(blueness, z)
    kept = magnitudes[:, I_BAND] <= faintest
    return z[kept], magnitudes[kept]


def _luminosities(
    rng, slope: float, brightest: float, faintest: float, mean_star: float
) -> tuple[int, np.ndarray]:
    """Return how many galaxies a Schechter function gives, and their magnitudes."""
    bright = max(brightest, -3.0)
    if faintest <= bright:
        return 0, np.zeros(0)
    nodes = np.linspace(bright, faintest, 300)
    light = 10 ** (-0.4 * nodes)
    density = 0.4 * np.log(10) * light ** (slope + 1) * np.exp(-light)
    total = cumulative_trapezoid(density, nodes, initial=0)
    number = rng.poisson(total[-1] * mean_star)
    return number, np.interp(rng.random(number) * total[-1], total, nodes)


def positions(
    rng: np.random.Generator,
    n: int,
    z: float,
    thickness: float,
    side: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray]:
    """Return places [arcsec from the corner] of n galaxies of a slice of redshift.

    They are drawn from a density that is the exponential of a Gaussian field whose
    correlations give the projected correlation function of the slice (Coles & Jones
    1991, MNRAS 248, 1).
    """
    cell = 2 * max(side) / GRID
    density = _lognormal(rng, cell / (arcsec_per_mpc(z) / (1 + z)), z, thickness)
    rows, columns = (int(np.ceil(s / cell)) for s in (side[1], side[0]))
    weight = density[:rows, :columns].ravel()
    chosen = np.searchsorted(np.cumsum(weight), rng.random(n) * weight.sum())
    row, column = np.divmod(np.minimum(chosen, weight.size - 1), columns)
    # Cells at the far edge reach beyond the field; what falls there is put back.
    east = (column + rng.random(n)) * cell % side[0]
    return east, (row + rng.random(n)) * cell % side[1]


def _lognormal(rng, cell: float, z: float, thickness: float) -> np.ndarray:
    """Return a periodic lognormal density on a grid with cells of `cell` Mpc."""
    lag = np.minimum(np.arange(GRID), GRID - np.arange(GRID)) * cell
    distance = np.hypot(lag[:, None], lag[None, :])
    depth = thickness * HUBBLE_LENGTH / COSMOLOGY.h / COSMOLOGY.efunc(z)  # Mpc comoving
    shape = np.sqrt(np.pi) * gamma(SLOPE / 2 - 0.5) / gamma(SLOPE / 2)
    # Half a cell: the mean separation of two galaxies in one cell.
    projected = (
        np.maximum(distance, cell / 2) ** (1 - SLOPE) * R0**SLOPE * shape / depth
    )
    power = np.fft.rfft2(np.log1p(projected)).real.clip(min=0.0)
    power[0, 0] = 0.0
    white = np.fft.rfft2(rng.standard_normal((GRID, GRID)))
    field = np.fft.irfft2(white * np.sqrt(power), s=(GRID, GRID))
    return np.exp(field)


def draw_stars(
    rng: np.random.Generator, side: tuple[float, float], faintest: float
) -> dict[str, np.ndarray]:
    """Draw stars: ``east``, ``north`` [arcsec], ``magnitudes`` (n, 4)."""
    n = rng.poisson(STARS * side[0] * side[1] / 3600.0)
    low = 10 ** (STAR_STEEPNESS * (BRIGHTEST - faintest))
    i_mag = faintest + np.log10(rng.uniform(low, 1, n)) / STAR_STEEPNESS
    # Turn-off stars and, more of them the fainter, red dwarfs.
    dwarf = rng.random(n) < np.clip(0.2 + 0.08 * (i_mag - 16), 0.1, 0.75)
    g_i = np.where(dwarf, rng.normal(2.4, 0.4, n), rng.normal(0.75, 0.3, n))
    r_i, i_z = (np.interp(g_i, G_I, colour) for colour in (R_I, I_Z))
    scatter = rng.normal(0, 0.03, (2, n))
    r_i, i_z = r_i + scatter[0], i_z + scatter[1]
    east, north = rng.uniform(0, side[0], n), rng.uniform(0, side[1], n)
    magnitudes = np.stack([i_mag + g_i, i_mag + r_i, i_mag, i_mag - i_z], axis=-1)
    return {"east": east, "north": north, "magnitudes": magnitudes}
