"""Freehand lines: which to keep, where to split them, how far apart they are.

Lines are arrays of vertices (n, 2). Source: Lingard et al. 2021, MNRAS 504, 3364,
section 2.2.
"""

from __future__ import annotations

import numpy as np
import shapely

MIN_POINTS = 6


def usable(points: np.ndarray) -> bool:
    """Return whether a line has more than five points and never meets itself."""
    if len(points) < MIN_POINTS or (points[0] == points[-1]).all():
        return False
    return not crosses_itself(points)


def crosses_itself(points: np.ndarray) -> bool:
    """Return whether a line meets itself elsewhere than with both its ends."""
    points = np.asarray(points, float)
    points = points[np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]]
    return len(points) > 2 and not shapely.LineString(points).is_simple


def split_outside(points: np.ndarray, centre: np.ndarray, radius: float) -> list:
    """Drop the vertices within a circle; return the pieces of two vertices or more."""
    outside = np.hypot(*(points - centre).T) >= radius
    cuts = np.flatnonzero(np.diff(outside.astype(int))) + 1
    pieces = np.split(points, cuts)
    kept = [p for p, o in zip(pieces, np.split(outside, cuts), strict=True) if o[0]]
    return [p for p in kept if len(p) > 1]


def line_distances(lines: list) -> np.ndarray:
    """Return how far apart lines lie, pair by pair (n_lines, n_lines) [unit²].

    ``mean_i d(A_i, B)^2 + mean_j d(B_j, A)^2`` with d from a vertex to the nearest
    point of the other line, segments included.
    """
    if not lines:
        return np.zeros((0, 0))
    one_way = _one_way(lines)
    return one_way + one_way.T


def one_way_distance(line: np.ndarray, other: np.ndarray) -> float:
    """Return the mean squared distance of the vertices of a line to another line."""
    return float(_one_way([line, other])[0, 1])


def length(points: np.ndarray) -> float:
    """Return the length of a line, in the unit of its vertices."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def _one_way(lines: list) -> np.ndarray:
    drawn = np.array([shapely.LineString(line) for line in lines])
    shapely.prepare(drawn)
    vertices = shapely.points(np.concatenate(lines))
    squared = shapely.distance(drawn[:, None], vertices) ** 2
    counts = [len(line) for line in lines]
    starts = np.cumsum([0, *counts[:-1]])
    return (np.add.reduceat(squared, starts, axis=1) / counts).T
