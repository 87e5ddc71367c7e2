"""Freehand lines: which to keep, where to split them, how far apart they are.

Source: Lingard et al. 2021, MNRAS 504, 3364, section 2.2.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from shapely.geometry import LineString

MIN_POINTS = 6


def usable(points: np.ndarray) -> bool:
    """Return whether a line has more than five points and never meets itself.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Vertices (x, y) in any unit.

    Returns
    -------
    bool
    """
    points = np.ascontiguousarray(points, float)
    if len(points) < MIN_POINTS or (points[0] == points[-1]).all():
        return False
    return not crosses_itself(points)


def crosses_itself(points: np.ndarray) -> bool:
    """Return whether a line meets itself elsewhere than with both its ends.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Vertices (x, y) in any unit.

    Returns
    -------
    bool
    """
    points = np.ascontiguousarray(points, float)
    points = points[np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]]
    return len(points) > 2 and not LineString(points).is_simple


def split_outside(points: np.ndarray, centre: np.ndarray, radius: float) -> list:
    """Drop the vertices within a circle and split the line there.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Vertices (x, y) [px].
    centre : ndarray, shape (2,)
        Centre of the circle [px].
    radius : float
        Its radius [px].

    Returns
    -------
    list of ndarray, shape (m, 2)
        The pieces with at least two vertices, in order.
    """
    outside = np.hypot(*(points - centre).T) >= radius
    cuts = np.flatnonzero(np.diff(outside.astype(int))) + 1
    pieces = np.split(points, cuts)
    kept = [p for p, o in zip(pieces, np.split(outside, cuts), strict=True) if o[0]]
    return [p for p in kept if len(p) > 1]


def line_distances(lines: list) -> np.ndarray:
    """Return how far apart lines lie, pair by pair.

    ``mean_i d(A_i, B)^2 + mean_j d(B_j, A)^2`` with d from a vertex to the nearest
    point of the other line, segments included.

    Parameters
    ----------
    lines : list of ndarray, shape (n_i, 2)
        Vertices (x, y) in one unit.

    Returns
    -------
    ndarray, shape (n_lines, n_lines)
        Symmetric [unit^2].
    """
    one_way = _one_way_matrix(*_packed(lines))
    return one_way + one_way.T


def one_way_distance(line: np.ndarray, other: np.ndarray) -> float:
    """Return the mean squared distance of the vertices of a line to another line.

    Parameters
    ----------
    line, other : ndarray, shape (n, 2) and (m, 2)
        Vertices (x, y) in one unit.

    Returns
    -------
    float
        [unit^2].
    """
    return float(_one_way_matrix(*_packed([line, other]))[0, 1])


def length(points: np.ndarray) -> float:
    """Return the length of a line with vertices (n, 2), in their unit."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def _packed(lines: list) -> tuple[np.ndarray, np.ndarray]:
    ends = np.cumsum([0] + [len(line) for line in lines])
    stacked = np.concatenate([np.empty((0, 2)), *lines])
    return np.ascontiguousarray(stacked, float), ends


@njit(cache=True)
def _one_way_matrix(points, ends):
    n = len(ends) - 1
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i != j:
                total = 0.0
                for k in range(ends[i], ends[i + 1]):
                    total += _to_line(points[k, 0], points[k, 1], points, ends, j)
                out[i, j] = total / max(1, ends[i + 1] - ends[i])
    return out


@njit(cache=True)
def _to_line(x, y, points, ends, j):
    """Return the squared distance of a point to the nearest segment of line j."""
    first = ends[j]
    px, py = points[first, 0] - x, points[first, 1] - y
    best = px * px + py * py
    for k in range(first + 1, ends[j + 1]):
        qx, qy = points[k, 0] - x, points[k, 1] - y
        dx, dy = qx - px, qy - py
        squared = dx * dx + dy * dy
        along = -(px * dx + py * dy)
        if 0 < along < squared:
            across = px * dy - py * dx
            best = min(best, across * across / squared)
        best = min(best, qx * qx + qy * qy)
        px, py = qx, qy
    return best if math.isfinite(best) else math.inf
