"""Geometry of a map's grid: distances, neighbours and Gaussian neighbourhoods.

A grid of shape ``(ny, nx)`` has ``ny * nx`` units, numbered row by row: unit ``k``
lies in row ``k // nx`` and column ``k % nx``. On a ``torus`` the last row touches the
first and the last column the first; on a ``sheet`` they are edges.
"""

from __future__ import annotations

import numpy as np

TOPOLOGIES = ("sheet", "torus")
METRICS = ("euclidean", "manhattan", "chebyshev")

Shape = tuple[int, int]


def check_grid(shape: Shape, topology: str) -> None:
    """Refuse a grid without two positive sizes, or of another topology."""
    if len(shape) != 2 or min(shape) < 1:
        msg = f"a map has rows and columns, at least 1 of each, not {tuple(shape)}"
        raise ValueError(msg)
    if topology not in TOPOLOGIES:
        msg = f"topology {topology!r}: it is one of {', '.join(TOPOLOGIES)}"
        raise ValueError(msg)


def axis_distances(size: int, topology: str) -> np.ndarray:
    """Return the distances along one axis [grid steps], shape (size, size)."""
    place = np.arange(size)
    apart = np.abs(place[:, None] - place)
    if topology == "torus":
        apart = np.minimum(apart, size - apart)
    return apart.astype(float)


def grid_distances(
    shape: Shape, topology: str, metric: str = "euclidean"
) -> np.ndarray:
    """Return the distance on the grid between any two units.

    Parameters
    ----------
    shape : tuple of 2 int
        Rows and columns of the map.
    topology : {"sheet", "torus"}
        Whether opposite edges touch.
    metric : {"euclidean", "manhattan", "chebyshev"}
        Straight, by steps along rows and columns, or by steps of a chess king.

    Returns
    -------
    ndarray of float64, shape (ny * nx, ny * nx)
        In grid steps.
    """
    check_grid(shape, topology)
    down = axis_distances(shape[0], topology)[:, None, :, None]
    across = axis_distances(shape[1], topology)[None, :, None, :]
    n_units = shape[0] * shape[1]
    return _norm(down, across, metric).reshape(n_units, n_units)


def _norm(down: np.ndarray, across: np.ndarray, metric: str) -> np.ndarray:
    if metric == "euclidean":
        return np.sqrt(down**2 + across**2)
    if metric == "manhattan":
        return down + across
    if metric == "chebyshev":
        return np.maximum(down, across)
    msg = f"metric {metric!r}: it is one of {', '.join(METRICS)}"
    raise ValueError(msg)


def gaussian(distance: np.ndarray, radius: float) -> np.ndarray:
    """Return ``exp(-distance² / (2 radius²))``.

    A neighbourhood written ``exp(-distance² / T²)``, as DESOM's is, has
    ``radius = T / sqrt(2)``. ValueError for a radius that is not a positive number.
    """
    if not (np.isfinite(radius) and radius > 0):
        msg = f"the radius of a neighbourhood is a positive number, not {radius}"
        raise ValueError(msg)
    return np.exp(-0.5 * (np.asarray(distance) / radius) ** 2)


def smooth(values: np.ndarray, topology: str, radius: float) -> np.ndarray:
    """Return the Gaussian neighbourhood sum of a value at each unit.

    Rows first and columns next: the Gaussian of a Euclidean distance is a product, and
    two small matrices cost ``ny + nx`` operations a value instead of ``ny * nx``.

    Parameters
    ----------
    values : ndarray, shape (ny, nx, d)
        A vector at each unit.
    topology : {"sheet", "torus"}
        Whether opposite edges touch.
    radius : float
        Standard deviation of the Gaussian [grid steps].

    Returns
    -------
    ndarray, shape (ny, nx, d)
    """
    n_rows, n_columns, _ = values.shape
    down = gaussian(axis_distances(n_rows, topology), radius)
    across = gaussian(axis_distances(n_columns, topology), radius)
    rows = (down @ values.reshape(n_rows, -1)).reshape(values.shape)
    return np.matmul(across, rows)


def neighbours(shape: Shape, topology: str) -> tuple[np.ndarray, np.ndarray]:
    """Return all ordered pairs of units that touch: eight neighbours, fewer at an edge.

    Returns
    -------
    one, other : ndarray of int, shape (n_pairs,)
        Both orders of a pair, sorted by `one` then `other`.
    """
    return np.nonzero(grid_distances(shape, topology, "chebyshev") == 1)
