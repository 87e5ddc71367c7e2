"""A list of clusters drawn from a model, where no real one is at hand."""

from __future__ import annotations

import numpy as np
from astropy.table import Table
from scipy.integrate import cumulative_trapezoid

from skyloom.clusters.config_simulation import LISTED
from skyloom.sky.cosmology import COSMOLOGY

# Abundance by richness, power and cutoff, and by redshift, power of 1 + z per comoving
# volume: maximum likelihood of every second cluster of redMaPPer's list of DES Y1
# (lambda > 20; 0.25 < z < 0.6, where it is complete).
SLOPE, CUTOFF = -2.4, 42.0
EVOLUTION = -2.0
NODES = 2000


NUMBER = 2000


def draw_list(
    rng: np.random.Generator,
    n: int = NUMBER,
    richness: tuple[float, float] = LISTED["richness"],
    redshifts: tuple[float, float] = LISTED["redshifts"],
) -> Table:
    """Draw clusters all over the sky, independent of one another.

    Returns
    -------
    Table
        ID, RA, DEC [deg], Z_LAMBDA, Z_LAMBDA_ERR, LAMBDA, LAMBDA_ERR. Errors are
        those of redMaPPer's photometric redshifts, 0.006 (1 + z), and of a Poisson
        number of members.
    """
    ra, height = rng.uniform(0, 360, n), rng.uniform(-1, 1, n)
    richness = _drawn(rng, n, richness, abundance)
    z = _drawn(rng, n, redshifts, shell)
    table = Table({"ID": np.arange(1, n + 1), "RA": ra})
    table["DEC"] = np.degrees(np.arcsin(height))
    table["Z_LAMBDA"], table["Z_LAMBDA_ERR"] = z, 0.006 * (1 + z)
    table["LAMBDA"], table["LAMBDA_ERR"] = richness, np.sqrt(richness)
    return table


def abundance(richness: np.ndarray) -> np.ndarray:
    """Return the relative number of clusters in a unit of richness."""
    return richness**SLOPE * np.exp(-richness / CUTOFF)


def shell(z: np.ndarray) -> np.ndarray:
    """Return the relative number of clusters in a unit of redshift."""
    return COSMOLOGY.differential_comoving_volume(z).value * (1 + z) ** EVOLUTION


def _drawn(rng, n: int, limits: tuple[float, float], density) -> np.ndarray:
    nodes = np.linspace(*limits, NODES)
    total = cumulative_trapezoid(density(nodes), nodes, initial=0)
    return np.interp(rng.random(n) * total[-1], total, nodes)
