"""Who belongs to a cluster at a place and a redshift, and how rich it is.

Source: Rykoff et al. 2014, ApJ 785, 104, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from skyloom.clusters.baselines.colour_filter import I_BAND, Background, Fit
from skyloom.clusters.baselines.profiles import (
    enclosed,
    logarithmic_slope,
    places,
    projected_density,
    visible_share,
)
from skyloom.clusters.baselines.randoms import Inside
from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.clusters.catalogue.halos import radius as cut_radius
from skyloom.sky.cosmology import arcsec_per_mpc

ARCSEC = np.pi / 180 / 3600
HALVINGS = 20
RICHNESS = (0.3, 500.0)
CHUNK = 512  # centres whose pairs with galaxies are held at once
LEAST_VISIBLE = 0.3  # share of the members that must be in footprint and depth
SAMPLES = 64  # places in a cluster at which the footprint is asked for
# Rms over the mean of what is counted but is no member, beyond Poisson's: with it 68 %
# of 241 simulated clusters of 10 members and more lie within their errors.
CLUSTERED = 0.4
LEAST_RISE = 0.3  # where poor groups are hardly told from the field
TYPICAL = 30.0  # richness whose circle says how much of a cluster is in the footprint


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """A field made ready."""

    places: np.ndarray  # (n, 3), unit vectors
    fit: Fit
    # Signal over background of unit richness and surface density [Mpc^2], (nz, n); 0
    # where a galaxy cannot be a member.
    ratio: np.ndarray
    rows: list[np.ndarray]  # (nz,), galaxies that can be members
    trees: list[cKDTree]  # (nz,), of their places
    scale: np.ndarray  # (nz,), chord of a megaparsec on the unit sphere
    depth: np.ndarray  # (nz,), share of the members above the catalogue's limit
    inside: Inside


def make_sky(
    vectors: np.ndarray,
    fit: Fit,
    background: Background,
    red_sequence: RedSequence,
    inside: Inside,
    limit: float,
) -> Sky:
    """Make a field ready: unit vectors (n, 3), their fit, background, limit in i."""
    arcmin = arcsec_per_mpc(fit.z) / 60
    density = background.at(fit) * (arcmin**2)[:, None]
    ratio = np.where(fit.usable, fit.signal() / density, 0.0)
    star = red_sequence.m_star(fit.z)[:, I_BAND]
    depth = visible_share(limit - star)
    # Where the catalogue is too shallow nothing is looked for.
    ratio[depth < LEAST_VISIBLE] = 0.0
    rows = [np.flatnonzero(each > 0) for each in ratio]
    trees = [cKDTree(vectors[each]) for each in rows]
    scale = arcsec_per_mpc(fit.z) * ARCSEC
    return Sky(vectors, fit, ratio, rows, trees, scale, depth, inside)


def solve(
    sky: Sky, k: int, centres: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return richness, score and misfit of centres at one redshift.

    Parameters
    ----------
    sky : Sky
        The field.
    k : int
        Index of the redshift.
    centres : ndarray, shape (m, 3)
        Unit vectors.
    free : ndarray, shape (n,)
        Share of each galaxy that no better cluster has claimed.

    Returns
    -------
    richness, score, misfit : ndarray, shape (m,)
        All 0 where nothing is found. The score is the logarithm of the likelihood
        with over that without the cluster; the misfit is the members' mean chi2, 3 or
        so where they are of this redshift.
    """
    solved = np.zeros((3, len(centres)))
    if not len(sky.rows[k]):
        return tuple(solved)
    for first in range(0, len(centres), CHUNK):
        part = slice(first, first + CHUNK)
        visible = visible_members(sky, k, centres[part])
        tried = first + np.flatnonzero(visible >= LEAST_VISIBLE)
        if len(tried):
            solved[:, tried] = _richness(
                sky, k, centres[tried], free, visible[tried - first]
            )
    return tuple(solved)


def members(sky: Sky, k: int, centre, free):
    """Return rows of possible members of a cluster, probabilities, distances [Mpc]."""
    richness, _, _ = solve(sky, k, centre, free)
    _, rows, distance, unit = _pairs(sky, k, centre, RICHNESS[1])
    odds = _odds(richness, np.zeros(len(rows), int), distance, unit)
    inside = odds > 0
    return rows[inside], (odds / (1 + odds))[inside], distance[inside]


def richness_variance(richness: float, p, free, visible: float) -> float:
    """Return the variance of a richness.

    Of the sum of ``p``, members are there or not, and what looks like them is
    clustered. Where the richness rises by a share, the sum rises by less than that
    share because each ``p`` rises, by which the root of the equation is the less sure
    (van der Vaart 1998, Asymptotic Statistics, section 5.3). Members out of sight are
    Poisson.

    Parameters
    ----------
    richness : float
        It solves the membership equation.
    p, free : ndarray, shape (n,)
        Probabilities of the members, and what better clusters left of them.
    visible : float
        Share of the members in footprint and depth.
    """
    unsure, member = (p * (1 - p)).sum(), p / np.maximum(free, 1e-30)
    steep = 0.2 * logarithmic_slope(float(cut_radius(richness)))
    rise = steep + (1 - steep) * (p * (1 - member)).sum() / (richness * visible)
    spread = (unsure + (CLUSTERED * unsure) ** 2) / max(1 - rise, LEAST_RISE) ** 2
    return spread / visible**2 + richness * (1 - visible) / visible


def _pairs(sky: Sky, k: int, centres: np.ndarray, most: float):
    """Return all pairs of a centre and a galaxy within the radius of a richness.

    Index of centre, row of galaxy, distance [Mpc], and the odds that a cluster of unit
    richness whose profile is not cut would give.
    """
    reach = float(cut_radius(most)) * sky.scale[k]
    near = cKDTree(centres).sparse_distance_matrix(
        sky.trees[k], reach, output_type="ndarray"
    )
    rows, distance = sky.rows[k][near["j"]], near["v"] / sky.scale[k]
    return near["i"], rows, distance, projected_density(distance) * sky.ratio[k][rows]


def _richness(sky: Sky, k: int, centres, free, visible):
    """Solve the membership equation of centres by halving, poor and rich ones apart.

    Most are poor, and a poor cluster's galaxies are few. Each half begins where the
    first halving of the whole range would have led.
    """
    low, high = np.log(RICHNESS)
    middle = (low + high) / 2
    pairs = _pairs(sky, k, centres, np.exp(middle))
    rich = _rises(pairs, free, np.full(len(centres), middle), visible)
    solved = _halved(pairs, free, visible, (low, middle), sky.fit.chi2[k])
    if rich.any():
        pairs = _pairs(sky, k, centres[rich], RICHNESS[1])
        limits = middle, high
        solved[:, rich] = _halved(pairs, free, visible[rich], limits, sky.fit.chi2[k])
    return solved


def _halved(pairs, free, visible, limits, chi2):
    """Return richness, score, misfit of centres between limits of log richness."""
    centre, rows, distance, unit = pairs
    low, high = (np.full(len(visible), edge) for edge in limits)
    for _ in range(HALVINGS - 1):
        middle = (low + high) / 2
        more = _rises(pairs, free, middle, visible)
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    richness = np.exp((low + high) / 2)
    odds = _odds(richness, centre, distance, unit)
    gain = np.bincount(centre, free[rows] * np.log1p(odds), len(visible))
    member = free[rows] * odds / (1 + odds)
    added = np.bincount(centre, member * chi2[rows], len(visible))
    misfit = added / np.maximum(np.bincount(centre, member, len(visible)), 1e-9)
    found = richness > RICHNESS[0] * 1.01
    solved = np.stack([richness, gain - richness * visible, misfit])
    return np.where(found, solved, 0.0)


def _rises(pairs, free, log_richness, visible):
    """Return which centres have more members than their richness says."""
    centre, rows, distance, unit = pairs
    richness = np.exp(log_richness)
    odds = _odds(richness, centre, distance, unit)
    counted = np.bincount(centre, free[rows] * odds / (1 + odds), len(visible))
    return counted > richness * visible


def _odds(richness, centre, distance, unit):
    """Return the odds of being a member: richness times filter over background."""
    limit = cut_radius(richness)
    share = richness / np.maximum(enclosed(limit), 1e-30)
    return np.where(distance <= limit[centre], share[centre] * unit, 0.0)


def visible_members(sky: Sky, k: int, centres) -> np.ndarray:
    """Return the share of members that footprint and depth let us see, shape (m,)."""
    radius, angle = places(SAMPLES, float(cut_radius(TYPICAL)))
    radius = radius * sky.scale[k]
    dec = np.arcsin(np.clip(centres[:, 2], -1, 1))[:, None]
    ra = np.arctan2(centres[:, 1], centres[:, 0])[:, None]
    north = dec + radius * np.sin(angle)
    east = ra + radius * np.cos(angle) / np.maximum(np.cos(dec), 1e-3)
    seen = sky.inside(np.degrees(east).ravel() % 360, np.degrees(north).ravel())
    return np.asarray(seen).reshape(len(centres), -1).mean(axis=1) * sky.depth[k]
