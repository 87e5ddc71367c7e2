"""Which objects are most like one."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from skyloom.stats.scatter import nmad

N_SIMILAR = 8


def similar(features: np.ndarray, *, one_scale: bool = False) -> list[list[int]]:
    """Return the `N_SIMILAR` nearest other objects of each, nearest first.

    Parameters
    ----------
    features : ndarray, shape (n_objects, n_features)
        What they are compared by; each feature in units of its own scatter. An object
        with a value that is not finite is like none.
    one_scale : bool
        The features are compared as they are.

    Returns
    -------
    list of list of int
        Indices, fewer where there are fewer objects.
    """
    features = np.asarray(features, float)
    known = np.flatnonzero(np.isfinite(features).all(axis=1))
    out: list[list[int]] = [[] for _ in features]
    if len(known) < 2:
        return out
    there = features[known]
    widths = np.array([1.0 if one_scale else nmad(column) for column in there.T])
    scaled = there / np.where(widths > 0, widths, 1.0)
    _, near = KDTree(scaled).query(scaled, k=min(N_SIMILAR + 1, len(known)))
    for row, neighbours in zip(known, near, strict=True):
        others = [int(known[i]) for i in neighbours if known[i] != row]
        out[row] = others[:N_SIMILAR]
    return out
