"""Which drawings agree: DBSCAN on distances, and what the agreement is worth.

Source: Lingard et al. 2020, ApJ 900, 178, section 4.1.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import beta
from sklearn.cluster import DBSCAN


def labels(distances: np.ndarray, eps: float, min_samples: int) -> np.ndarray:
    """Return the DBSCAN label of each object, -1 for none.

    Clusters are numbered by their first core object in the given order.

    Parameters
    ----------
    distances : ndarray, shape (n, n)
        Symmetric distances.
    eps : float
        Largest distance of neighbours, in the units of `distances`.
    min_samples : int
        Neighbours, itself among them, that make a core object.

    Returns
    -------
    ndarray, shape (n,), int

    Raises
    ------
    ValueError
        If `distances` is not square.
    """
    distances = np.asarray(distances, float)
    if distances.ndim != 2 or distances.shape[0] != distances.shape[1]:
        msg = f"distances: expected a square array, got {distances.shape}"
        raise ValueError(msg)
    if len(distances) == 0:
        return np.empty(0, int)
    finder = DBSCAN(eps=eps, min_samples=min_samples, metric="precomputed")
    return finder.fit_predict(distances).astype(int)


def largest(found: np.ndarray) -> np.ndarray:
    """Return which objects are in the largest cluster.

    Of equally large clusters the one with the lowest label is taken, the one whose
    first core object comes first; the published clusters follow the same rule.

    Parameters
    ----------
    found : ndarray, shape (n,), int
        Labels, -1 for none.

    Returns
    -------
    ndarray, shape (n,), bool
        All False when there is no cluster.
    """
    found = np.asarray(found, int)
    sizes = np.bincount(found[found >= 0])
    if len(sizes) == 0:
        return np.zeros(len(found), bool)
    return found == np.argmax(sizes)


def support(k: int, n: int, level: float = 0.6827) -> dict:
    """Return how probable it is that a volunteer draws this object.

    The posterior of a binomial proportion under Jeffreys' prior is
    ``Beta(k + 1/2, n - k + 1/2)``; `p` is its mean and the interval has equal tails.

    Parameters
    ----------
    k, n : int
        Volunteers who drew it, of all volunteers.
    level : float
        Probability within the interval.

    Returns
    -------
    dict
        ``k``, ``n``, ``p``, ``p_low``, ``p_high``.

    Raises
    ------
    ValueError
        If k is not within 0 and n.

    Notes
    -----
    Source: Brown, Cai & DasGupta 2001, Statistical Science 16, 101, section 3.1.
    """
    if not 0 <= k <= n:
        msg = f"support: expected 0 <= k <= n, got k={k}, n={n}"
        raise ValueError(msg)
    tail = (1 - level) / 2
    low, high = beta.ppf([tail, 1 - tail], k + 0.5, n - k + 0.5).tolist()
    p = (k + 0.5) / (n + 1)
    return {"k": int(k), "n": int(n), "p": p, "p_low": low, "p_high": high}
