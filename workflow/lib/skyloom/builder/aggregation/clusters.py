"""Which drawings agree: DBSCAN on distances, and what the agreement is worth.

Source: Lingard et al. 2020, ApJ 900, 178, section 4.1.
"""

from __future__ import annotations

import numpy as np
from sklearn.cluster import DBSCAN

from skyloom.stats.intervals import jeffreys

ONE_SIGMA = 0.6827


def labels(distances: np.ndarray, eps: float, min_samples: int) -> np.ndarray:
    """Return the DBSCAN label of each object by their distances (n, n), -1 for none.

    Clusters are numbered by their first core object in the given order.
    """
    if len(distances) == 0:
        return np.empty(0, int)
    finder = DBSCAN(eps=eps, min_samples=min_samples, metric="precomputed")
    return finder.fit_predict(distances).astype(int)


def largest(found: np.ndarray) -> np.ndarray:
    """Return which objects, shape (n,), are in the largest cluster, by their labels.

    Of equally large clusters the one with the lowest label is taken, as published.
    """
    sizes = np.bincount(found[found >= 0])
    if len(sizes) == 0:
        return np.zeros(len(found), bool)
    return found == np.argmax(sizes)


def support(k: int, n: int) -> dict:
    """Return how probable it is that a volunteer draws an object that k of n drew.

    `p` is the mean of Jeffreys' posterior, with its central 68 % interval.
    """
    low, high = jeffreys(k, n, ONE_SIGMA).tolist()
    p = (k + 0.5) / (n + 1)
    return {"k": int(k), "n": int(n), "p": p, "p_low": low, "p_high": high}
