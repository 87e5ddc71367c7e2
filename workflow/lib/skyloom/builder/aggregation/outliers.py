"""Points of an arm's lines that stray from all the other lines.

Each line's points are judged by their local outlier factor among the points of the
other lines of its cluster, so that a line cannot vouch for itself.

Source: Breunig et al. 2000, Proc. ACM SIGMOD, p. 93; used as in Lingard et al. 2021,
MNRAS 504, 3364, section 2.2.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.spatial import cKDTree

NEIGHBOURS = 20
THRESHOLD = 1.5
_EPS = 1e-10


def inliers(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Return which points (n, 2) agree with those of the other lines, shape (n,).

    `line` names the line of each point. A point is in where its outlier factor is at
    most 1.5.
    """
    return outlier_factor(points, line) <= THRESHOLD


def inliers_without(
    points: np.ndarray, line: np.ndarray, drawer: np.ndarray
) -> np.ndarray:
    """Return which points would be inliers had one drawer after the other not drawn.

    One row for each drawer, in rising order, shape (n_drawers, n); False at the
    drawer's own points.
    """
    line, drawer = _counted(line), _counted(drawer)
    reach = NEIGHBOURS + 1 + _largest(line) + _largest(drawer)
    away, who = _neighbourhoods(points, reach)
    rows = [
        (_factors(away, who, line, NEIGHBOURS, drawer, k) <= THRESHOLD) & (drawer != k)
        for k in range(drawer.max(initial=-1) + 1)
    ]
    return np.array(rows, bool).reshape(len(rows), len(points))


def outlier_factor(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Return each point's local outlier factor among the points of other lines, (n,).

    Each axis is scaled to unit variance. The factor is about 1 inside a cloud and
    larger outside; 1 where the other lines have fewer than two points.
    """
    if len(points) == 0:
        return np.empty(0)
    line = _counted(line)
    away, who = _neighbourhoods(points, NEIGHBOURS + 1 + _largest(line))
    return _factors(away, who, line, NEIGHBOURS, line, -1)


def _counted(names: np.ndarray) -> np.ndarray:
    return np.unique(np.asarray(names), return_inverse=True)[1].astype(np.int64)


def _largest(names: np.ndarray) -> int:
    return int(np.bincount(names).max(initial=0))


def _neighbourhoods(points: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Return distances and positions (n, reach) of each point's nearest ones."""
    points = np.asarray(points, float)
    spread = points.std(axis=0)
    scaled = (points - points.mean(axis=0)) / np.where(spread > 0, spread, 1)
    ranks = np.arange(1, min(len(points), reach) + 1)
    away, who = cKDTree(scaled).query(scaled, k=ranks)
    return away, who.astype(np.int64)


@njit(cache=True)
def _factors(away, who, line, neighbours, drawer, gone):
    n = len(line)
    out = np.ones(n)
    there = drawer != gone
    near, near_id = np.empty((n, neighbours)), np.empty((n, neighbours), np.int64)
    density = np.empty(n)
    for g in range(line.max() + 1):
        others = np.sum(there & (line != g))
        if others < 2 or not np.any(there & (line == g)):
            continue
        k = min(neighbours, others - 1)
        for i in range(n):
            if there[i]:
                _nearest(i, g, k, away, who, line, there, near[i], near_id[i])
        for i in range(n):
            if there[i]:
                density[i] = _density(near[i], near_id[i], near, k)
        for i in range(n):
            if there[i] and line[i] == g:
                ratio = 0.0
                for j in range(k):
                    ratio += density[near_id[i, j]]
                out[i] = ratio / k / density[i]
    return out


@njit(cache=True)
def _density(own, own_id, near, k):
    """Return the inverse of the mean reachability distance from the k nearest."""
    reach = 0.0
    for j in range(k):
        reach += max(own[j], near[own_id[j], k - 1])
    return 1 / (reach / k + _EPS)


@njit(cache=True)
def _nearest(i, left_out, k, away, who, line, there, near, near_id):
    """Find the k nearest points of point i, itself and one line left out."""
    found = 0
    for j in range(away.shape[1]):
        other = who[i, j]
        if other != i and line[other] != left_out and there[other]:
            near[found], near_id[found] = away[i, j], other
            found += 1
            if found == k:
                return
