"""Who belongs to a cluster at a place and a redshift, and how rich it is.

Source: Rykoff et al. 2014, ApJ 785, 104, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from skyloom.clusters.baselines.colour_filter import I_BAND, Background, Fit
from skyloom.clusters.baselines.profiles import places, surface_density, visible_share
from skyloom.clusters.baselines.randoms import Inside
from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.clusters.catalogue.halos import radius as cut_radius
from skyloom.sky.cosmology import arcsec_per_mpc

ARCSEC = np.pi / 180 / 3600
HALVINGS = 20
RICHNESS = (0.3, 500.0)
LEAST_VISIBLE = 0.3  # share of the members that must be in footprint and depth
SAMPLES = 64  # places in a cluster at which the footprint is asked for
TYPICAL = 30.0  # richness whose circle says how much of a cluster is in the footprint


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """A field made ready."""

    places: np.ndarray  # (n, 3), unit vectors
    fit: Fit
    # Signal over background of unit richness and surface density [Mpc^2], (nz, n); 0
    # where a galaxy cannot be a member.
    ratio: np.ndarray
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
    scale = arcsec_per_mpc(fit.z) * ARCSEC
    return Sky(vectors, fit, ratio, scale, depth, inside)


def solve(
    sky: Sky, k: int, centres: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return richness and score of centres at one redshift.

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
    richness, score : ndarray, shape (m,)
        Both 0 where nothing is found. The score is the logarithm of the likelihood
        with over that without the cluster.
    """
    richness, score = np.zeros(len(centres)), np.zeros(len(centres))
    rows = np.flatnonzero(sky.ratio[k] > 0)
    if not len(rows) or not len(centres):
        return richness, score
    visible = visible_members(sky, k, centres)
    tried = np.flatnonzero(visible >= LEAST_VISIBLE)
    if not len(tried):
        return richness, score
    pairs = _pairs(sky, k, centres[tried], rows)
    richness[tried], score[tried] = _richness(
        pairs, sky.ratio[k][rows], free[rows], visible[tried]
    )
    return richness, score


def members(sky: Sky, k: int, centre, free):
    """Return rows of possible members of one cluster, and their probabilities."""
    richness, _ = solve(sky, k, centre, free)
    rows = np.flatnonzero(sky.ratio[k] > 0)
    _, near, distance = _pairs(sky, k, centre, rows)
    odds = _odds(richness[0], distance, sky.ratio[k][rows[near]])
    return rows[near], odds / (1 + odds)


def _pairs(sky: Sky, k: int, centres: np.ndarray, rows: np.ndarray):
    """Return index of centre, index of galaxy, distance [Mpc] of all near pairs."""
    reach = float(cut_radius(RICHNESS[1])) * sky.scale[k]
    near = cKDTree(centres).sparse_distance_matrix(
        cKDTree(sky.places[rows]), reach, output_type="ndarray"
    )
    return near["i"], near["j"], near["v"] / sky.scale[k]


def _richness(pairs, ratio, free, visible):
    """Solve the membership equation of all centres by halving."""
    centre, galaxy, distance = pairs
    ratio, free, m = ratio[galaxy], free[galaxy], len(visible)
    low, high = (np.full(m, np.log(edge)) for edge in RICHNESS)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        odds = _odds(np.exp(middle)[centre], distance, ratio)
        members = np.bincount(centre, free * odds / (1 + odds), m)
        more = members > np.exp(middle) * visible
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    richness = np.exp((low + high) / 2)
    odds = _odds(richness[centre], distance, ratio)
    gain = np.bincount(centre, free * np.log1p(odds), m)
    found = richness > RICHNESS[0] * 1.01
    score = np.where(found, gain - richness * visible, 0.0)
    return np.where(found, richness, 0.0), score


def _odds(richness, distance, ratio):
    """Return the odds of being a member: richness times filter over background."""
    limit = cut_radius(richness)
    filtered = surface_density(distance, limit) * (distance <= limit)
    return richness * filtered * ratio


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
