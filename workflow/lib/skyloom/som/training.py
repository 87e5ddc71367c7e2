"""Batch training: in each epoch all rows vote, and then all units move at once.

    w_k = sum_i h(b_i, k) x_i / sum_i h(b_i, k)

with ``b_i`` the best-matching unit of row ``i`` and ``h`` the neighbourhood. Rows of
one unit have the same ``h``, so rows are first summed by unit, and only these few sums
are spread over the neighbourhood.

Source: Kohonen 2013, Neural Networks 37, 52, section 4.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from skyloom.som.grid import Shape, smooth
from skyloom.som.matching import codebook, match
from skyloom.som.model import Som
from skyloom.som.rows import CHUNK, Rows, chunks, repeatable
from skyloom.som.start import SAMPLE, principal, sample

# Of the neighbourhood [grid steps]: prototypes follow the data; with 1 the map would
# be smoother, its topographic error smaller and its quantisation error larger.
LAST_RADIUS = 0.5
# Below this a unit has no part in any row: it would move by rounding alone.
LEAST_WEIGHT = 1e-100


def train(
    data: Rows,
    shape: Shape,
    topology: str,
    epochs: int,
    rng: np.random.Generator,
    *,
    chunk: int = CHUNK,
    lattice: str = "rectangular",
) -> Som:
    """Return a map trained on data, from a start along their main directions.

    Parameters
    ----------
    data : ndarray of shape (n, d), or re-iterable of such
        The data, read ``epochs + 1`` times in constant memory; a memory map, an HDF5
        dataset or `skyloom.som.rows.Batches` will do.
    shape : tuple of 2 int
        Rows and columns of the map.
    topology : {"sheet", "torus"}
        Whether opposite edges touch.
    epochs : int
        Passes; the radius shrinks from `first_radius` to `LAST_RADIUS`.
    rng : numpy.random.Generator
        Chooses the rows that the start is made from.
    chunk : int
        Rows at a time. The same chunks give the same bytes; others differ by rounding.
    lattice : {"rectangular", "hexagonal"}
        How units lie.

    Raises
    ------
    ValueError
        Rows of different widths, not finite, or none; less than one epoch.
    TypeError
        For data that can be read only once.
    """
    repeatable(data)
    radii = shrinking(epochs, first_radius(shape, topology))
    rows = sample(data, SAMPLE, rng, chunk=chunk)
    som = principal(rows, shape, topology, lattice)
    for radius in radii:
        som = epoch(som, data, radius, chunk=chunk)
    return som


def epoch(som: Som, data: Rows, radius: float, *, chunk: int = CHUNK) -> Som:
    """Return a map after one pass over the data.

    The map before must be in order, as that of `skyloom.som.start.principal` is, unless
    the radius, the standard deviation of the neighbourhood [grid steps], is large.
    """
    book = codebook(som)
    sums = np.zeros((som.n_units, som.width))
    counts = np.zeros(som.n_units)
    for first, rows in chunks(data, chunk, som.width):
        centred = rows - book.centre
        index, _ = match(book, centred, first)
        # The matrix that sums rows by their unit, shape (n_units, n).
        ones, places = np.ones(len(index), np.float32), np.arange(len(index) + 1)
        shape = (som.n_units, len(index))
        sums += sparse.csc_array((ones, index, places), shape) @ centred
        counts += np.bincount(index, minlength=som.n_units)
    means, voted = _spread(sums, counts, som, radius)
    weights = np.where(voted, means + book.centre, som.weights)
    return Som(weights.astype(np.float32), som.topology, som.lattice)


def _spread(sums, counts, som: Som, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Return each unit's mean over its neighbourhood, and whether it has one."""
    how = (som.topology, radius, som.lattice)
    total = smooth(sums.reshape(som.weights.shape), *how)
    weight = smooth(counts.reshape(*som.shape, 1), *how)
    voted = weight > LEAST_WEIGHT
    return total / np.where(voted, weight, 1.0), voted


def first_radius(shape: Shape, topology: str) -> float:
    """Return half of the longest way along an axis [grid steps], at least 1."""
    reach = max(shape) / (4 if topology == "torus" else 2)
    return max(reach, 1.0)


def shrinking(epochs: int, first: float) -> np.ndarray:
    """Return radii [grid steps] that shrink by one factor from epoch to epoch."""
    if epochs < 1:
        msg = f"training takes at least one epoch, not {epochs}"
        raise ValueError(msg)
    radii = np.geomspace(first, LAST_RADIUS, epochs)
    return radii if epochs > 1 else np.array([LAST_RADIUS])
