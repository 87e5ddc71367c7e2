"""Distances and neighbourhoods on sheet and torus."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.som.grid import (
    METRICS,
    TOPOLOGIES,
    gaussian,
    grid_distances,
    neighbours,
    smooth,
)

shapes = st.tuples(st.integers(1, 7), st.integers(1, 7))
topologies = st.sampled_from(TOPOLOGIES)
metrics = st.sampled_from(METRICS)
radii = st.floats(0.2, 10)


@given(shapes, topologies, metrics)
def test_distances_are_a_metric(shape, topology, metric):
    """Symmetric, zero only for a unit to itself, and no detour is shorter."""
    apart = grid_distances(shape, topology, metric)
    assert (apart == apart.T).all()
    assert ((apart == 0) == np.eye(len(apart), dtype=bool)).all()
    detour = (apart[:, :, None] + apart[None]).min(axis=1)
    assert (detour >= apart - 1e-12).all()


@given(shapes, metrics)
def test_distances_of_a_sheet_are_those_of_its_places(shape, metric):
    """Unit k lies in row k // nx and column k % nx."""
    place = np.argwhere(np.ones(shape))
    order = {"euclidean": 2, "manhattan": 1, "chebyshev": np.inf}[metric]
    step = place[:, None] - place
    wanted = np.linalg.norm(step.astype(float), order, axis=2)
    np.testing.assert_allclose(grid_distances(shape, "sheet", metric), wanted)


@given(shapes, radii, st.integers(0, 6), st.integers(0, 6), metrics)
def test_torus_looks_the_same_from_everywhere(shape, radius, down, across, metric):
    """Moving all units along the torus changes no neighbourhood."""
    units = np.arange(shape[0] * shape[1]).reshape(shape)
    moved = np.roll(units, (down, across), (0, 1)).ravel()
    matrix = gaussian(grid_distances(shape, "torus", metric), radius)
    assert (matrix[np.ix_(moved, moved)] == matrix).all()


@given(shapes, topologies, radii)
def test_neighbourhood_is_symmetric(shape, topology, radius):
    """Two units learn with each other alike, and wholly with themselves."""
    matrix = gaussian(grid_distances(shape, topology), radius)
    assert (matrix == matrix.T).all()
    assert (np.diag(matrix) == 1).all()
    assert ((matrix >= 0) & (matrix <= 1)).all()


@given(shapes, topologies, radii)
def test_smoothing_is_the_matrix_product(shape, topology, radius):
    """Rows first and columns next is the sum over all units."""
    values = np.random.default_rng(1).normal(size=(*shape, 3))
    whole = gaussian(grid_distances(shape, topology), radius) @ values.reshape(-1, 3)
    np.testing.assert_allclose(
        smooth(values, topology, radius).reshape(-1, 3), whole, atol=1e-12
    )


def test_opposite_edges_of_a_torus_touch():
    """The first and the last row are one step apart; on a sheet they are four."""
    assert grid_distances((5, 4), "torus")[0, 16] == 1
    assert grid_distances((5, 4), "sheet")[0, 16] == 4


def test_both_diagonals_are_two_steps():
    """The distance of the DESOM reference code makes one of them one step."""
    apart = grid_distances((15, 15), "sheet", "manhattan")
    assert apart[16, 32] == apart[17, 31] == 2


@pytest.mark.parametrize(
    ("topology", "corner", "total"),
    [("sheet", 3, 2 * (4 * 4 + 3 * 5 + 2 * 3 * 4)), ("torus", 8, 8 * 20)],
)
def test_neighbours_are_counted(topology, corner, total):
    """Eight on a torus, fewer at the edges of a sheet."""
    one, other = neighbours((5, 4), topology)
    assert (one == 0).sum() == corner
    assert set(zip(one, other, strict=True)) == set(zip(other, one, strict=True))
    assert len(one) == total


def test_a_torus_two_wide_counts_each_neighbour_once():
    """Left and right are the same unit there."""
    one, _ = neighbours((1, 2), "torus")
    assert len(one) == 2


@pytest.mark.parametrize("radius", [0, -1, np.nan, np.inf])
def test_impossible_radius_is_refused(radius):
    """A radius is a positive number."""
    with pytest.raises(ValueError, match="positive number"):
        gaussian(np.ones(2), radius)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (((0, 3), "sheet"), r"at least 1 of each, not \(0, 3\)"),
        (((3,), "sheet"), "rows and columns"),
        (((3, 3), "sphere"), "topology 'sphere': it is one of sheet, torus"),
        (((3, 3), "sheet", "taxi"), "metric 'taxi': it is one of euclidean"),
    ],
)
def test_impossible_grid_is_refused(arguments, problem):
    """The message says what there is."""
    with pytest.raises(ValueError, match=problem):
        grid_distances(*arguments)
