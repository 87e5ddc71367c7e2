"""A distance of fingerprints that knows where units lie on the map.

The energy distance of two distributions p and q of one total,

    E(p, q) = 2 E|X - Y| - E|X - X'| - E|Y - Y'| = -sum_ij (p - q)_i D_ij (p - q)_j,

with D the Euclidean distances between units, is the mean over all directions of
Cramér's distance (the squared difference of cumulative sums) along them. As the earth
mover's, it grows with the way that mass is moved, of which it is at most twice; other
than it, it is a square, so that it is an inner product of fingerprints after one linear
step (`embedding`), and costs a network one small matrix product.

Sources: Székely & Rizzo 2013, J. Stat. Plan. Inference 143, 1249; as a loss:
Bellemare et al. 2017, arXiv 1705.10743.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from skyloom.som.grid import ROW_HEIGHT, places
from skyloom.spectra.galaxies.files import Layout

LEAST = 1e-9  # eigenvalues below this, of the largest, are rounding


def positions(layout: Layout) -> np.ndarray:
    """Return where units lie [grid steps], one row a unit in the order of units.

    On a torus column and row run on a circle each, in a plane of its own, as long as
    their side: distances are the chords, since the ways round a circle are
    no distances that an inner product can have.
    """
    shape = (layout.rows, layout.columns)
    place = places(shape, layout.lattice)
    if layout.topology == "sheet":
        return place
    height = ROW_HEIGHT if layout.lattice == "hexagonal" else 1.0
    sides = zip(place.T, (layout.columns, layout.rows * height), strict=True)
    turns = [(2 * np.pi * place / size, size / (2 * np.pi)) for place, size in sides]
    circles = [(r * np.cos(angle), r * np.sin(angle)) for angle, r in turns]
    return np.stack([axis for circle in circles for axis in circle], axis=1)


def embedding(layout: Layout) -> np.ndarray:
    """Return the matrix L for which ``|(p - q) @ L|²`` is the energy distance.

    Returns
    -------
    ndarray of float64, shape (n_units, n)
        Distances are in grid steps. The last column is 1: totals that differ cost their
        difference squared.
    """
    place = positions(layout)
    apart = cdist(place, place)
    # Only differences that add up to 0 matter, so that means may be taken off.
    apart -= apart.mean(axis=0)
    apart -= apart.mean(axis=1)[:, None]
    length, axes = np.linalg.eigh(-(apart + apart.T) / 2)
    some = length > LEAST * length[-1]
    found = axes[:, some] * np.sqrt(length[some])
    return np.column_stack([found, np.ones(layout.n_units)])
