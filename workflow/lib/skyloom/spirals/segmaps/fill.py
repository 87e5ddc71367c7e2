"""Which pixels lie inside polygons, exactly: by where outlines cross the rows.

A pixel is inside where the outline winds around its centre (non-zero winding), so a
stroke that crosses itself has no holes where it lies over itself. A centre just on the
outline belongs to the polygon on its right or, on a level part, above (larger row), so
that polygons that share an edge share no pixel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def covered(polygons: Sequence[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Return which pixels have their centre inside any of the polygons, bool.

    Parameters
    ----------
    polygons : sequence of ndarray, shape (n, 2)
        Vertices x, y [px, centres at whole numbers from 0]; closed by themselves, on
        the image or not.
    shape : tuple of int
        ``(ny, nx)``.
    """
    return counted(polygons, np.zeros(len(polygons), int), np.ones(1), shape) > 0


def counted(
    polygons: Sequence[np.ndarray],
    owners: np.ndarray,
    weights: np.ndarray,
    shape: tuple[int, int],
) -> np.ndarray:
    """Return how many owners cover each pixel's centre with one or more polygons.

    Parameters
    ----------
    polygons, shape
        As in `covered`.
    owners : ndarray of int, shape (polygons,)
        Whose each polygon is, from 0.
    weights : ndarray, shape (owners,)
        How much each owner counts; multiples of 2**-24 are summed without rounding.

    Returns
    -------
    ndarray of float64, shape (ny, nx)
    """
    ny, nx = shape
    which, row, column, sign = _crossings(polygons, shape)
    key, start, end = _runs(which * ny + row, column, sign)
    key = np.asarray(owners, int)[key // ny] * ny + key % ny
    one = np.ones_like(start)
    ends = np.concatenate([start, end]), np.concatenate([one, -one])
    key, start, end = _runs(np.concatenate([key, key]), *ends)
    weight = np.asarray(weights, np.float64)[key // ny]
    line = key % ny * (nx + 1)
    steps = np.bincount(
        np.concatenate([line + start, line + end]),
        np.concatenate([weight, -weight]),
        ny * (nx + 1),
    )
    # bincount makes integers of nothing; and astropy writes views value by value.
    counts = np.cumsum(steps.reshape(ny, nx + 1), axis=1, dtype=np.float64)
    return counts[:, :nx].copy()


def _crossings(polygons, shape):
    """Return polygon, row, first column to the right, and sense of each crossing."""
    ny, nx = shape
    sizes = [len(polygon) for polygon in polygons]
    empty = np.zeros((0, 2))
    first = np.concatenate([empty, *polygons])
    last = np.concatenate([empty, *(np.roll(p, -1, axis=0) for p in polygons)])
    up = first[:, 1] < last[:, 1]
    # From the lower end on, so that an edge that two polygons share is the same edge.
    x0, y0 = np.where(up[:, None], first, last).T
    x1, y1 = np.where(up[:, None], last, first).T
    bottom = np.clip(np.ceil(y0), 0, ny).astype(int)
    rows = np.clip(np.ceil(y1), 0, ny).astype(int) - bottom
    edge = np.repeat(np.arange(len(rows)), rows)
    row = bottom[edge] + np.arange(len(edge)) - (np.cumsum(rows) - rows)[edge]
    slope = (x1 - x0)[edge] / (y1 - y0)[edge]
    column = np.clip(np.ceil(x0[edge] + (row - y0[edge]) * slope), 0, nx).astype(int)
    which = np.repeat(np.arange(len(sizes)), sizes)
    return which[edge], row, column, np.where(up, 1, -1)[edge]


def _runs(key, column, sign):
    """Return key, start and end of the stretches of a line where the sum is not 0.

    The signs of a key sum up to 0: outlines are closed.
    """
    order = np.lexsort((column, key))
    key, column = key[order], column[order]
    inside = np.flatnonzero(np.cumsum(sign[order]))
    start, end = column[inside], column[inside + 1]
    some = start < end
    return key[inside][some], start[some], end[some]
