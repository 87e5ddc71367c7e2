"""How well a map represents data, and how well it is ordered."""

from __future__ import annotations

import numpy as np

from skyloom.som.grid import Shape, neighbours, steps
from skyloom.som.matching import matched, two_best
from skyloom.som.model import Som
from skyloom.som.rows import CHUNK, Rows

PAIRS = 8192  # of units compared at a time


def quantisation_error(som: Som, x: Rows, *, chunk: int = CHUNK) -> float:
    """Return the mean distance of rows to their best-matching units."""
    total, n_rows = 0.0, 0
    for _, distance in matched(som, x, chunk=chunk):
        total += float(distance.sum(dtype=np.float64))
        n_rows += len(distance)
    return total / n_rows


def topographic_error(som: Som, x: Rows) -> float:
    """Return the part of rows whose best and second-best units do not touch.

    Eight units touch one of a rectangular lattice, six one of a hexagonal lattice.

    Source: Kiviluoto 1996, IEEE ICNN, 294.
    """
    apart = steps(som.shape, som.topology, som.lattice) > 1
    pairs = two_best(som, x)
    return float(apart[pairs[:, 0], pairs[:, 1]].mean())


def occupancy(index: np.ndarray, shape: Shape) -> np.ndarray:
    """Return how many rows each unit is the best match (`bmu`) of, shape (ny, nx)."""
    return np.bincount(index, minlength=shape[0] * shape[1]).reshape(shape)


def u_matrix(som: Som) -> np.ndarray:
    """Return the mean distance of each prototype to those that touch it, (ny, nx).

    In the units of the data; 0 for the only unit of a map.

    Source: Ultsch & Siemon 1990, Proc. INNC, 305.
    """
    one, other = neighbours(som.shape, som.topology, som.lattice)
    apart = np.zeros(len(one))
    for start in range(0, len(one), PAIRS):
        part = slice(start, start + PAIRS)
        step = som.prototypes[one[part]] - som.prototypes[other[part]]
        apart[part] = np.linalg.norm(step, axis=1)
    total = np.bincount(one, apart, som.n_units)
    count = np.bincount(one, minlength=som.n_units)
    return (total / np.maximum(count, 1)).reshape(som.shape)
