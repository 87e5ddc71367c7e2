"""Errors, occupancy and U-matrix."""

import minisom
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.som.grid import TOPOLOGIES, grid_distances
from skyloom.som.matching import bmu
from skyloom.som.model import Som
from skyloom.som.quality import (
    occupancy,
    quantisation_error,
    topographic_error,
    u_matrix,
)

shapes = st.tuples(st.integers(1, 6), st.integers(1, 6))
topologies = st.sampled_from(TOPOLOGIES)


def plane(n_rows, n_columns):
    """Return a map whose prototypes are their own places on the grid."""
    places = np.moveaxis(np.indices((n_rows, n_columns)), 0, 2)
    return Som(places.astype(np.float32), "sheet")


def random_map(shape, topology, seed=1):
    rng = np.random.default_rng(seed)
    return Som(rng.normal(size=(*shape, 4)).astype(np.float32), topology)


@given(shapes, st.integers(0, 200), st.integers(0, 99))
@settings(deadline=None)
def test_occupancy_counts_every_row(shape, n_rows, seed):
    """It sums to the number of rows, and empty units are there with 0."""
    index = np.random.default_rng(seed).integers(0, shape[0] * shape[1], n_rows)
    counts = occupancy(index, shape)
    assert counts.shape == shape
    assert counts.sum() == n_rows
    assert counts[0, 0] == (index == 0).sum()


@pytest.mark.parametrize("index", [[-1], [0, 6]])
def test_occupancy_refuses_units_that_are_not(index):
    """An index of another map."""
    with pytest.raises(ValueError, match=r"reshape|negative"):
        occupancy(np.array(index), (2, 3))


@given(shapes, topologies, st.floats(-1e3, 1e3, width=32))
@settings(deadline=None)
def test_u_matrix_of_equal_weights_is_zero(shape, topology, value):
    """No walls on a plain, up to the edges."""
    matrix = u_matrix(Som(np.full((*shape, 3), value, np.float32), topology))
    assert matrix.shape == shape
    assert (matrix == 0).all()


@given(shapes, st.integers(0, 5), st.integers(0, 5))
@settings(deadline=None)
def test_u_matrix_of_a_torus_moves_with_it(shape, down, across):
    """Which row is the first says nothing."""
    som = random_map(shape, "torus")
    moved = Som(np.roll(som.weights, (down, across), (0, 1)), "torus")
    rolled = np.roll(u_matrix(som), (down, across), (0, 1))
    np.testing.assert_allclose(u_matrix(moved), rolled, rtol=1e-6)


@given(shapes, topologies)
@settings(deadline=None)
def test_u_matrix_is_the_mean_over_neighbours(shape, topology):
    """By brute force over all pairs."""
    som = random_map(shape, topology)
    apart = np.linalg.norm(som.prototypes[:, None] - som.prototypes, axis=2)
    near = grid_distances(shape, topology, "chebyshev") == 1
    means = [
        row[n].mean() if n.any() else 0 for row, n in zip(apart, near, strict=True)
    ]
    np.testing.assert_allclose(u_matrix(som).ravel(), means, rtol=1e-5)


def test_u_matrix_agrees_with_minisom():
    """MiniSom's is the same on a sheet, divided by its maximum."""
    som = random_map((5, 7), "sheet")
    peer = minisom.MiniSom(5, 7, 4)
    peer._weights = som.weights.astype(float)
    ours = u_matrix(som)
    np.testing.assert_allclose(ours / ours.max(), peer.distance_map("mean"), rtol=1e-5)


def test_errors_agree_with_minisom():
    """Quantisation and topographic error of the same map and data."""
    som = random_map((6, 5), "sheet")
    rows = np.random.default_rng(4).normal(size=(300, 4))
    peer = minisom.MiniSom(6, 5, 4)
    peer._weights = som.weights.astype(float)
    theirs = peer.quantization_error(rows), peer.topographic_error(rows)
    ours = quantisation_error(som, rows, chunk=64), topographic_error(som, rows)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_ordered_map_has_a_small_topographic_error():
    """Rows on the map's own plane; the same prototypes in disorder fail."""
    som = plane(10, 10)
    rng = np.random.default_rng(5)
    rows = rng.uniform(0, 9, (2000, 2))
    assert topographic_error(som, rows) == 0
    shuffled = rng.permutation(som.prototypes).reshape(som.weights.shape)
    assert topographic_error(Som(shuffled, "sheet"), rows) > 0.8


def test_quantisation_error_is_the_mean_distance():
    """Nothing on the prototypes, and in batches what it is in one."""
    som = plane(6, 4)
    assert quantisation_error(som, som.prototypes) == 0
    rows = np.random.default_rng(6).uniform(0, 5, (501, 2))
    whole = quantisation_error(som, rows)
    assert np.isclose(whole, bmu(som, rows)[1].mean())
    assert np.isclose(quantisation_error(som, np.array_split(rows, 7)), whole)
