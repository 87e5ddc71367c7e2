"""Which of a cluster's galaxies is its central one."""

from __future__ import annotations

import numpy as np

from skyloom.clusters.baselines.membership import Sky
from skyloom.clusters.baselines.profiles import luminosity, projected_density
from skyloom.clusters.catalogue.halos import BCG_EXCESS, BCG_SCATTER, BCG_SLOPE

# Share of simulated clusters whose central galaxy is no candidate at all.
NOT_LISTED = 0.02


def central_probabilities(
    sky: Sky, k: int, rows: np.ndarray, p: np.ndarray, richness: float
) -> np.ndarray:
    """Return the probability of each member that it is the central galaxy.

    One galaxy is central and the others are satellites or not members. That it is a
    certain one follows from its luminosity, whose distribution is one of central
    galaxies instead of satellites; from where the others are, whose profile is about
    it; and from its own probability of being a member. Source: Rykoff et al. 2014
    (ApJ 785, 104), section 8, with the members' own profile in place of their local
    density.

    Parameters
    ----------
    sky : Sky
        The field.
    k : int
        Index of the redshift.
    rows, p : ndarray, shape (n,)
        Members of a cluster, and their probabilities.
    richness : float
        Of the cluster; the richer, the brighter is its central galaxy.

    Returns
    -------
    ndarray, shape (n,)
        0 for those too faint or of other colours; the sum is 1 - `NOT_LISTED`, or 0.
    """
    found = np.zeros(len(rows))
    tried = np.flatnonzero(sky.fit.central[k][rows] & (p > 0))
    if not len(tried):
        return found
    brighter = -sky.fit.relative[k][rows[tried]]
    mean = BCG_EXCESS + BCG_SLOPE * np.log10(richness / 20)
    central = -0.5 * ((brighter - mean) / BCG_SCATTER) ** 2
    central -= np.log(BCG_SCATTER * np.sqrt(2 * np.pi))
    value = central - np.log(luminosity(-brighter)) + np.log(p[tried])
    value += _placed(sky, k, rows, p, tried)
    odds = np.exp(value - value.max())
    found[tried] = (1 - NOT_LISTED) * odds / odds.sum()
    return found


def _placed(sky: Sky, k: int, rows, p, tried) -> np.ndarray:
    """Return ln of the likelihood of the others' places about each that is tried."""
    places = sky.places[rows]
    apart = np.linalg.norm(places[tried][:, None] - places, axis=2) / sky.scale[k]
    apart = np.log(projected_density(apart))
    return apart @ p - p[tried] * apart[np.arange(len(tried)), tried]
