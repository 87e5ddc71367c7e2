"""Histories of star formation, as masses on the grid of ages and metallicities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from skyloom.spectra.simulation.populations import Library

RECENT = 0.01  # Gyr over which the present rate of star formation is the mean
EPISODES = 12
# Edges of the cells of age that histories are summed in [Gyr].
_EDGES = np.concatenate(
    [[0.0], np.geomspace(1e-3, RECENT, 60), np.geomspace(RECENT, 14.0, 340)[1:]]
)
_FADING = 0.1  # Gyr, e-folding time of a quenched rate
_WIDTH = 0.1  # dex, scatter of a burst's ages


@dataclass(frozen=True)
class History:
    """How the stars of n regions have formed.

    Attributes
    ----------
    weights : ndarray, shape (n, n_age, n_z)
        Shares of the mass formed; their sum in a region is 1.
    ssfr : ndarray, shape (n,)
        Rate of star formation, the mean of 10 Myr, of a unit mass formed [1/yr].
    """

    weights: np.ndarray
    ssfr: np.ndarray


def star_formation(
    library: Library,
    start: np.ndarray,
    tau: np.ndarray,
    *,
    burst: np.ndarray = 0.0,
    burst_age: np.ndarray = 1.0,
    quenched: np.ndarray = 0.0,
    z_young: np.ndarray = 0.0,
    z_old: np.ndarray = -0.3,
    z_spread: np.ndarray = 0.1,
    episodes: np.ndarray | None = None,
) -> History:
    """Return histories t exp(-t/tau) that may burst, quench and come in episodes.

    Parameters
    ----------
    library : Library
        The grid.
    start, tau : ndarray, shape (n,)
        Age of the first stars, and the time scale [Gyr]. These and the others may be
        numbers that hold for all regions.
    burst, burst_age : ndarray, shape (n,)
        Share of the mass that formed in a burst, and the age of this [Gyr]; its ages
        scatter by 0.1 dex.
    quenched : ndarray, shape (n,)
        Age from which on the rate fades, with an e-folding time of 0.1 Gyr; 0 for never
        [Gyr].
    z_young, z_old : ndarray, shape (n,)
        Mean [Z/H] of stars that form now and of the first; linear in time between.
    z_spread : ndarray, shape (n,)
        Scatter of [Z/H] at one age [dex].
    episodes : ndarray, shape (n, 12), optional
        Factors on the rate in as many bins of log age, 3.16 Myr to 14 Gyr.
    """
    given = (start, tau, burst, burst_age, quenched, z_young, z_old, z_spread)
    columns = np.broadcast_arrays(*(np.atleast_1d(x).astype(float) for x in given))
    start, tau, burst, burst_age, quenched, *metals = (x[:, None] for x in columns)
    age, width = (_EDGES[1:] + _EDGES[:-1]) / 2, np.diff(_EDGES)
    log_age = np.clip(np.log10(age), library.log_age[0], library.log_age[-1])
    time = np.maximum(start - age, 0)
    mass = time * np.exp(-time / tau) * width
    mass *= np.exp(np.minimum(age - quenched, 0) / _FADING)
    if episodes is not None:
        ends = np.linspace(library.log_age[0], library.log_age[-1], EPISODES + 1)
        mass *= episodes[:, np.searchsorted(ends[1:-1], log_age)]
    mass *= (1 - burst) / mass.sum(axis=1, keepdims=True)
    offset = (np.log10(age) - np.log10(burst_age)) / _WIDTH
    late = np.exp(-0.5 * offset**2) * width / age
    mass += late * burst / late.sum(axis=1, keepdims=True)
    # Not by BLAS, whose last bits depend on the number of threads.
    ages = np.einsum("nc,ca->na", mass, _shares(log_age, library.log_age))
    young, old, spread = metals
    mean = young + (old - young) * np.minimum(10**library.log_age / start, 1)
    weights = ages[..., None] * _scattered(mean, spread, library.z_h)
    ssfr = mass[:, _EDGES[1:] <= RECENT * (1 + 1e-9)].sum(axis=1) / (RECENT * 1e9)
    return History(weights, ssfr)


def _shares(values: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Return the shares (values, nodes) of linear interpolation between the nodes."""
    place = (values - nodes[0]) / (nodes[1] - nodes[0])
    return np.maximum(1 - np.abs(place[:, None] - np.arange(len(nodes))), 0)


def _scattered(mean: np.ndarray, sigma: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Return the means of such shares for normal values, shape (n, n_age, n_z).

    The mean of the nodes is then that of the values, as far as these are within the
    nodes; those beyond count for the last node.
    """
    sigma = np.maximum(sigma, 1e-6)[..., None]
    excess = mean[..., None] - nodes
    u = excess / sigma
    # The mean of max(value - node, 0).
    above = sigma * np.exp(-0.5 * u**2) / np.sqrt(2 * np.pi) + excess * ndtr(u)
    passed = -np.diff(above, axis=-1) / np.diff(nodes)  # mean share of a step climbed
    ones = np.ones((*mean.shape, 1))
    return -np.diff(np.concatenate([ones, passed, 0 * ones], axis=-1), axis=-1)
