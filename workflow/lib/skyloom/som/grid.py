"""Geometry of a map's grid: distances, neighbours and Gaussian neighbourhoods.

A grid of shape ``(ny, nx)`` has ``ny * nx`` units, numbered row by row: unit ``k``
lies in row ``k // nx`` and column ``k % nx``. On a ``torus`` the last row touches the
first and the last column the first; on a ``sheet`` they are edges. In a ``hexagonal``
lattice odd rows are moved by half a step to the right, and rows are ``sqrt(3) / 2``
apart, so that a unit is one step away from six others.
"""

from __future__ import annotations

import numpy as np

TOPOLOGIES = ("sheet", "torus")
METRICS = ("euclidean", "manhattan", "chebyshev")
LATTICES = ("rectangular", "hexagonal")
HEX_METRICS = ("euclidean", "manhattan")
LEGACY = "legacy"
ROW_HEIGHT = np.sqrt(3) / 2  # of a hexagonal lattice [grid steps]

Shape = tuple[int, int]


def check_grid(shape: Shape, topology: str, lattice: str = "rectangular") -> None:
    """Refuse a grid without two positive sizes, or that cannot be laid."""
    if len(shape) != 2 or min(shape) < 1:
        msg = f"a map has rows and columns, at least 1 of each, not {tuple(shape)}"
        raise ValueError(msg)
    if topology not in TOPOLOGIES:
        msg = f"topology {topology!r}: it is one of {', '.join(TOPOLOGIES)}"
        raise ValueError(msg)
    if lattice not in LATTICES:
        msg = f"lattice {lattice!r}: it is one of {', '.join(LATTICES)}"
        raise ValueError(msg)
    if lattice == "hexagonal" and topology == "torus" and shape[0] % 2:
        msg = f"a hexagonal torus has an even number of rows, not {shape[0]}"
        raise ValueError(msg)


def axis_distances(size: int, topology: str) -> np.ndarray:
    """Return the distances along one axis [grid steps], shape (size, size)."""
    place = np.arange(size)
    apart = np.abs(place[:, None] - place)
    if topology == "torus":
        apart = np.minimum(apart, size - apart)
    return apart.astype(float)


def places(shape: Shape, lattice: str = "rectangular") -> np.ndarray:
    """Return where units lie [grid steps], (x, y) to the right and up, (ny * nx, 2)."""
    row, column = (axis.ravel() for axis in np.indices(shape, float))
    if lattice == "hexagonal":
        column, row = column + 0.5 * (row % 2), row * ROW_HEIGHT
    return np.stack([column, row], axis=1)


def grid_distances(
    shape: Shape,
    topology: str,
    metric: str = "euclidean",
    lattice: str = "rectangular",
) -> np.ndarray:
    """Return the distance on the grid between any two units.

    Parameters
    ----------
    shape : tuple of 2 int
        Rows and columns of the map.
    topology : {"sheet", "torus"}
        Whether opposite edges touch.
    metric : {"euclidean", "manhattan", "chebyshev", "legacy"}
        Straight, by steps along rows and columns, or by steps of a chess king; in a
        hexagonal lattice straight, or by steps from unit to unit. ``legacy`` is the
        distance of the published DESOM code, for comparison: its row term is
        ``|k - l| // nx``, so that it is 1 too small towards one diagonal.
    lattice : {"rectangular", "hexagonal"}
        How units lie.

    Returns
    -------
    ndarray of float64, shape (ny * nx, ny * nx)
        In grid steps.
    """
    check_grid(shape, topology, lattice)
    if metric == LEGACY:
        return _legacy(shape, topology, lattice)
    if lattice == "hexagonal":
        return _hexagonal(shape, topology, metric)
    down = axis_distances(shape[0], topology)[:, None, :, None]
    across = axis_distances(shape[1], topology)[None, :, None, :]
    n_units = shape[0] * shape[1]
    return _norm(down, across, metric).reshape(n_units, n_units)


def steps(shape: Shape, topology: str, lattice: str = "rectangular") -> np.ndarray:
    """Return how many steps from unit to touching unit any two are apart.

    Eight units touch one of a rectangular lattice, six one of a hexagonal lattice.
    """
    metric = "manhattan" if lattice == "hexagonal" else "chebyshev"
    return grid_distances(shape, topology, metric, lattice)


def _hexagonal(shape: Shape, topology: str, metric: str) -> np.ndarray:
    if metric not in HEX_METRICS:
        msg = f"metric {metric!r}: in a hexagonal lattice one of "
        raise ValueError(msg + ", ".join(HEX_METRICS))
    place = places(shape, "hexagonal")
    # On a torus, all ways round: the nearest image of the other unit counts.
    round_it = (-1, 0, 1) if topology == "torus" else (0,)
    turns = [(across, down) for across in round_it for down in round_it]
    size = np.array([shape[1], shape[0] * ROW_HEIGHT])
    apart = [place[:, None] - (place + size * turn) for turn in turns]
    return np.min([_hexagonal_norm(step, metric) for step in apart], axis=0)


def _hexagonal_norm(step: np.ndarray, metric: str) -> np.ndarray:
    if metric == "euclidean":
        # Rounded, so that equal distances are equal and unit steps are 1.
        return np.round(np.hypot(step[..., 0], step[..., 1]), 12)
    # A step up moves by half a column for free; the rest is along the row.
    rows = np.abs(step[..., 1]) / ROW_HEIGHT
    return np.round(rows + np.maximum(np.abs(step[..., 0]) - rows / 2, 0))


def _legacy(shape: Shape, topology: str, lattice: str) -> np.ndarray:
    if (topology, lattice) != ("sheet", "rectangular"):
        msg = "metric 'legacy' is that of a rectangular sheet only"
        raise ValueError(msg)
    unit = np.arange(shape[0] * shape[1])
    down = np.abs(unit[:, None] - unit) // shape[1]
    across = np.abs(unit[:, None] % shape[1] - unit % shape[1])
    return (down + across).astype(float)


def _norm(down: np.ndarray, across: np.ndarray, metric: str) -> np.ndarray:
    if metric == "euclidean":
        return np.sqrt(down**2 + across**2)
    if metric == "manhattan":
        return down + across
    if metric == "chebyshev":
        return np.maximum(down, across)
    msg = f"metric {metric!r}: it is one of {', '.join((*METRICS, LEGACY))}"
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


def smooth(
    values: np.ndarray, topology: str, radius: float, lattice: str = "rectangular"
) -> np.ndarray:
    """Return the Gaussian neighbourhood sum of a value at each unit.

    Rows first and columns next: the Gaussian of a Euclidean distance is a product, and
    two small matrices cost ``ny + nx`` operations a value instead of ``ny * nx``. In a
    hexagonal lattice it is none, and all units count.

    Parameters
    ----------
    values : ndarray, shape (ny, nx, d)
        A vector at each unit.
    topology : {"sheet", "torus"}
        Whether opposite edges touch.
    radius : float
        Standard deviation of the Gaussian [grid steps].
    lattice : {"rectangular", "hexagonal"}
        How units lie.

    Returns
    -------
    ndarray, shape (ny, nx, d)
    """
    n_rows, n_columns, width = values.shape
    if lattice == "hexagonal":
        apart = grid_distances((n_rows, n_columns), topology, lattice=lattice)
        whole = gaussian(apart, radius) @ values.reshape(-1, width)
        return whole.reshape(values.shape)
    down = gaussian(axis_distances(n_rows, topology), radius)
    across = gaussian(axis_distances(n_columns, topology), radius)
    rows = (down @ values.reshape(n_rows, -1)).reshape(values.shape)
    return np.matmul(across, rows)


def neighbours(
    shape: Shape, topology: str, lattice: str = "rectangular"
) -> tuple[np.ndarray, np.ndarray]:
    """Return all ordered pairs of units that touch, see `steps`; fewer at an edge.

    Returns
    -------
    one, other : ndarray of int, shape (n_pairs,)
        Both orders of a pair, sorted by `one` then `other`.
    """
    return np.nonzero(steps(shape, topology, lattice) == 1)
