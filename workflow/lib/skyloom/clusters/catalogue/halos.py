"""Clusters: richness and redshift from a list, members, brightest galaxies."""

from __future__ import annotations

import numpy as np
from astropy.table import Table
from scipy.special import exp1

from skyloom.clusters.bands import BANDS
from skyloom.clusters.catalogue.colours import RedSequence, Templates
from skyloom.clusters.config_simulation import Halos
from skyloom.sky.cosmology import COSMOLOGY

H = COSMOLOGY.h
# redMaPPer (Rykoff et al. 2014, ApJ 785, 104): members count to 0.2 L*, eq. 4 gives the
# radius, eq. 8 the profile's scale, sec. 3.2 the slope of the luminosity function.
FAINTEST_MEMBER = -2.5 * np.log10(0.2)  # magnitudes below m*
SCALE_RADIUS = 0.15 / H  # Mpc
# Scatter of g-r, r-i, i-z about the red sequence and its tilt per magnitude.
RIDGE_SCATTER = np.array([0.05, 0.03, 0.03])
RIDGE_TILT = np.array([-0.033, -0.01, -0.006])
# i magnitude of brightest galaxies above m*, by log10 of richness over 20, and scatter:
# medians of every second cluster of redMaPPer DR8 v5.10.
BCG_EXCESS, BCG_SLOPE, BCG_SCATTER = 1.21, 0.75, 0.45
SLOPE = -2.5  # of dn/dlambda below the list's least richness
BLUE = 0.25  # members that are not red, over those that are
MEMBER_ABOVE = 10.0  # richness; galaxies of poorer groups are not called members
I_BAND = BANDS.index("i")


def radius(richness: np.ndarray) -> np.ndarray:
    """Return R_lambda [physical Mpc] (Rykoff et al. 2014, eq. 4)."""
    return (np.asarray(richness, float) / 100.0) ** 0.2 / H


def draw_halos(
    rng: np.random.Generator, listed: Table, settings: Halos | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return richness and redshift of a field's clusters, rich and poor.

    Their number is Poisson. ``listed`` has LAMBDA and Z_LAMBDA; where no cluster is
    asked for, it is not looked at. ValueError when it has none within the limits.
    """
    if settings is None or settings.per_field == 0:
        return np.zeros(0), np.zeros(0)
    richness = np.asarray(listed["LAMBDA"], float)
    z = np.asarray(listed["Z_LAMBDA"], float)
    inside = _inside(richness, settings.richness) & _inside(z, settings.redshifts)
    if not inside.any():
        msg = (
            f"the list has no cluster of richness {settings.richness} and redshift "
            f"{settings.redshifts}; widen the limits or give another list"
        )
        raise ValueError(msg)
    richness, z = richness[inside], z[inside]
    n = rng.poisson(settings.per_field)
    weight = richness**settings.tilt
    poor_share, least = _poor_share(richness, weight, settings)
    poor = rng.random(n) < poor_share
    rows = rng.choice(len(z), n, p=weight / weight.sum())
    below = _power_law(rng, least, settings, n)
    # Redshifts of the list repeat; a smear of the survey's own errors hides that.
    smeared = np.clip(z[rows] + rng.normal(0, 0.01, n), *settings.redshifts)
    even = rng.random(n) < settings.even
    z = np.where(even, rng.uniform(*settings.redshifts, n), smeared)
    return np.where(poor, below, richness[rows]), z


def _inside(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    return (values >= limits[0]) & (values <= limits[1])


def _poor_share(richness, weight, settings: Halos) -> tuple[float, float]:
    """Return the share of groups below the list, at equal density, and its edge."""
    least = float(np.quantile(richness, 0.01))
    low = settings.richness[0]
    if low >= least:
        return 0.0, least
    power = SLOPE + settings.tilt + 1
    # Number of the list in a narrow bin at its edge, and what the same power law has
    # below it, in units of the density at the edge times the edge.
    edge = weight[richness < 1.25 * least].sum()
    poor = edge * _reach(low / least, 1.0, power) / _reach(1.0, 1.25, power)
    return poor / (poor + weight.sum()), least


def _reach(low: float, high: float, power: float) -> float:
    """Return the integral of ``x ** (power - 1)``."""
    return np.log(high / low) if power == 0 else (high**power - low**power) / power


def _power_law(rng, high: float, settings: Halos, n: int) -> np.ndarray:
    power = SLOPE + settings.tilt + 1
    low, u = settings.richness[0], rng.random(n)
    if power == 0:
        return low * (high / low) ** u
    return (low**power + u * (high**power - low**power)) ** (1 / power)


def projected_radii(rng: np.random.Generator, n: int, largest: float) -> np.ndarray:
    """Return distances from the centre [units of the scale radius], already projected.

    Drawn from the surface density of an NFW profile (Bartelmann 1996, A&A 313, 697,
    eq. 10), cut at ``largest`` on the sky.
    """
    nodes = np.geomspace(1e-3, largest, 400)
    mass = _projected_mass(nodes)
    return np.interp(rng.random(n) * mass[-1], np.append(0, mass), np.append(0, nodes))


def _projected_mass(x: np.ndarray) -> np.ndarray:
    inner = np.arccosh(np.maximum(1 / x, 1)) / np.sqrt(np.maximum(1 - x**2, 1e-12))
    outer = np.arccos(np.minimum(1 / x, 1)) / np.sqrt(np.maximum(x**2 - 1, 1e-12))
    return np.log(x / 2) + np.where(
        np.isclose(x, 1), 1.0, np.where(x < 1, inner, outer)
    )


def schechter(
    rng: np.random.Generator, n: int, brightest: float, faintest: float
) -> np.ndarray:
    """Return magnitudes relative to m* from a Schechter function of slope -1."""
    light = np.geomspace(10 ** (-0.4 * faintest), 10 ** (-0.4 * brightest), 400)
    tail = exp1(light)  # number brighter than this
    number = tail[0] - rng.random(n) * (tail[0] - tail[-1])
    return -2.5 * np.log10(np.interp(number, tail[::-1], light[::-1]))


def members(
    rng: np.random.Generator,
    richness: float,
    z: float,
    red_sequence: RedSequence,
    templates: Templates,
    faintest: float,
) -> dict[str, np.ndarray]:
    """Draw the galaxies of a cluster, down to the i magnitude where the field ends.

    ``round(richness)`` red galaxies brighter than 0.2 L* lie in an ellipse of the area
    of R_lambda, the brightest in the middle; blue and fainter galaxies come on top.

    Returns
    -------
    dict of str to ndarray
        ``east``, ``north`` [physical Mpc from the centre], ``magnitudes`` (n, 4),
        ``early``, ``counted`` (red, bright, within the radius), ``central``.
    """
    star = red_sequence.m_star(z)
    below = max(faintest - star[I_BAND], FAINTEST_MEMBER)
    counted = max(round(richness), 1)
    ratio = _number(below) / _number(FAINTEST_MEMBER) - 1
    n_faint = rng.poisson(counted * ratio)
    n_blue = rng.poisson(BLUE * (counted + n_faint))
    bcg = -_bcg_excess(rng, richness)
    parts = (
        [bcg],
        schechter(rng, counted - 1, max(bcg, -2.0), FAINTEST_MEMBER),
        schechter(rng, n_faint, FAINTEST_MEMBER, max(below, FAINTEST_MEMBER + 0.01)),
        schechter(rng, n_blue, max(bcg, -1.0), below),
    )
    relative = np.concatenate(parts)
    n = len(relative)
    early = np.arange(n) < n - n_blue
    magnitudes = np.where(
        early[:, None],
        red_magnitudes(rng, red_sequence, np.full(n, z), relative),
        _blue_magnitudes(rng, templates, z, star[I_BAND] + relative),
    )
    east, north = _positions(rng, n, richness)
    return {
        "east": east,
        "north": north,
        "magnitudes": magnitudes,
        "early": early,
        "counted": np.arange(n) < counted,
        "central": np.arange(n) == 0,
    }


def _number(below: float) -> float:
    return float(exp1(10 ** (-0.4 * below)) - exp1(10 ** (0.4 * 2.0)))


def _bcg_excess(rng: np.random.Generator, richness: float) -> float:
    mean = BCG_EXCESS + BCG_SLOPE * np.log10(richness / 20.0)
    return float(np.clip(rng.normal(mean, BCG_SCATTER), 0.1, 3.0))


def red_magnitudes(
    rng: np.random.Generator,
    red_sequence: RedSequence,
    z: np.ndarray,
    relative: np.ndarray,
) -> np.ndarray:
    """Return magnitudes (n, 4) of red galaxies, given i relative to m*(z)."""
    colours = red_sequence.colours(z) + RIDGE_TILT * relative[:, None]
    colours = colours + rng.normal(0, 1, colours.shape) * RIDGE_SCATTER
    i = red_sequence.m_star(z)[:, I_BAND] + relative
    r = i + colours[:, 1]
    return np.stack([r + colours[:, 0], r, i, i - colours[:, 2]], axis=-1)


def _blue_magnitudes(rng, templates: Templates, z: float, i_mag) -> np.ndarray:
    blueness = rng.uniform(0.7, 2.5, len(i_mag))
    offset = templates.offset(blueness, np.full(len(i_mag), z))
    return i_mag[:, None] + offset - offset[:, I_BAND, None]


def _positions(rng, n: int, richness: float) -> tuple[np.ndarray, np.ndarray]:
    """Return places of an elliptical cluster, the first galaxy in the middle [Mpc]."""
    distance = projected_radii(rng, n, radius(richness) / SCALE_RADIUS) * SCALE_RADIUS
    distance[0] = 0.0
    angle, turn = rng.uniform(0, 2 * np.pi, n), rng.uniform(0, np.pi)
    flat = np.sqrt(rng.uniform(0.5, 1.0))
    along, across = distance * np.cos(angle) / flat, distance * np.sin(angle) * flat
    c, s = np.cos(turn), np.sin(turn)
    return along * c - across * s, along * s + across * c
