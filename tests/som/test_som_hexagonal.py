"""Hexagonal lattices, and the published distance that is sheared."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import shortest_path
from skyloom.io.npz import read_npz
from skyloom.plots import style
from skyloom.som import figures
from skyloom.som.grid import (
    HEX_METRICS,
    TOPOLOGIES,
    gaussian,
    grid_distances,
    neighbours,
    places,
    smooth,
)
from skyloom.som.matching import bmu
from skyloom.som.model import Som, load, save
from skyloom.som.quality import occupancy, topographic_error, u_matrix
from skyloom.som.training import train

HEX = "hexagonal"
shapes = st.tuples(st.integers(1, 4).map(lambda n: 2 * n), st.integers(1, 7))
topologies = st.sampled_from(TOPOLOGIES)
metrics = st.sampled_from(HEX_METRICS)


def a_map(topology, shape=(4, 5), width=3):
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(*shape, width)).astype(np.float32)
    return Som(weights, topology, HEX)


@given(shapes, topologies, metrics)
def test_distances_are_a_metric(shape, topology, metric):
    """Symmetric, zero only for a unit to itself, and no detour is shorter."""
    apart = grid_distances(shape, topology, metric, HEX)
    assert (apart == apart.T).all()
    assert ((apart == 0) == np.eye(len(apart), dtype=bool)).all()
    detour = (apart[:, :, None] + apart[None]).min(axis=1)
    assert (detour >= apart - 1e-9).all()


@given(shapes, topologies)
def test_manhattan_counts_steps_between_hexagons(shape, topology):
    """The shortest way over pairs one straight step apart, by an independent search."""
    straight = grid_distances(shape, topology, "euclidean", HEX)
    ways = shortest_path((straight == 1).astype(float), unweighted=True)
    steps = grid_distances(shape, topology, "manhattan", HEX)
    np.testing.assert_array_equal(steps, ways)


@given(shapes, metrics, st.integers(0, 3), st.integers(0, 6))
def test_torus_looks_the_same_from_everywhere(shape, metric, down, across):
    """Moving by an even number of rows changes no distance."""
    units = np.arange(shape[0] * shape[1]).reshape(shape)
    moved = np.roll(units, (2 * down, across), (0, 1)).ravel()
    apart = grid_distances(shape, "torus", metric, HEX)
    np.testing.assert_allclose(apart[np.ix_(moved, moved)], apart, atol=1e-9)


def test_six_units_touch_one():
    """All at a straight distance of 1, on a torus everywhere, on a sheet inside."""
    one, _ = neighbours((6, 5), "torus", HEX)
    assert (np.bincount(one) == 6).all()
    one, other = neighbours((5, 5), "sheet", HEX)
    # Unit 12 is in an even row: its diagonal neighbours are to the left.
    assert other[one == 12].tolist() == [6, 7, 11, 13, 16, 17]
    place = places((5, 5), HEX)
    np.testing.assert_allclose(np.hypot(*(place[one] - place[other]).T), 1)


@given(shapes, topologies, st.floats(0.2, 10))
def test_smoothing_is_the_matrix_product(shape, topology, radius):
    """The Gaussian of a hexagonal distance is no product: all units count."""
    values = np.random.default_rng(1).normal(size=(*shape, 3))
    matrix = gaussian(grid_distances(shape, topology, lattice=HEX), radius)
    np.testing.assert_allclose(
        smooth(values, topology, radius, HEX).reshape(-1, 3),
        matrix @ values.reshape(-1, 3),
        atol=1e-12,
    )


def test_legacy_distance_is_the_published_one():
    """Counted by hand from the published formula, and from its defect's definition."""
    true = grid_distances((15, 15), "sheet", "manhattan")
    legacy = grid_distances((15, 15), "sheet", "legacy")
    assert ((true - legacy) == 1).sum() == 22_050
    assert set(np.unique(true - legacy)) == {0, 1}
    assert ((true == 2) & (legacy == 1)).sum() == 392
    assert legacy[16, 30] == 1  # down and to the left
    assert legacy[16, 32] == 2  # down and to the right


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (((4, 4), "sheet", "euclidean", "cubic"), "lattice 'cubic': it is one of"),
        (((3, 4), "torus", "euclidean", HEX), "an even number of rows, not 3"),
        (((4, 4), "sheet", "chebyshev", HEX), "in a hexagonal lattice one of euclid"),
        (((4, 4), "sheet", "legacy", HEX), "that of a rectangular sheet only"),
        (((4, 4), "torus", "legacy"), "that of a rectangular sheet only"),
    ],
)
def test_impossible_grid_is_refused(arguments, problem):
    """The message says what there is."""
    with pytest.raises(ValueError, match=problem):
        grid_distances(*arguments)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_map_learns_a_sheet_and_a_torus(topology):
    """Ordered as its data: nearly all rows have touching best units."""
    rng = np.random.default_rng(2)
    angle = rng.uniform(0, 2 * np.pi, (4000, 2))
    height = 0.77  # of eight rows beside nine columns
    data = rng.uniform(-1, 1, (4000, 2)) * [1, height]
    if topology == "torus":
        data = np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
        data *= [1, height, 1, height]
    som = train(data, (8, 9), topology, 20, np.random.default_rng(1), lattice=HEX)
    assert som.lattice == HEX
    assert topographic_error(som, data) < 0.08
    shuffled = rng.permutation(som.prototypes).reshape(som.weights.shape)
    assert topographic_error(Som(shuffled, topology, HEX), data) > 0.7


def test_u_matrix_is_the_mean_over_six():
    """By hand at one unit of an odd row: its diagonal neighbours are to the right."""
    som = a_map("sheet")
    step = som.weights[1, 2] - som.weights[[0, 0, 1, 1, 2, 2], [2, 3, 1, 3, 2, 3]]
    np.testing.assert_allclose(
        u_matrix(som)[1, 2], np.linalg.norm(step, axis=1).mean(), rtol=1e-6
    )


def test_file_tells_the_lattice(tmp_path):
    """A rectangular map's file has no such key, as before, and is read without."""
    save(tmp_path / "h.npz", a_map("torus"))
    assert load(tmp_path / "h.npz").lattice == HEX
    save(tmp_path / "r.npz", Som(a_map("torus").weights, "torus"))
    assert "lattice" not in read_npz(tmp_path / "r.npz")
    assert load(tmp_path / "r.npz").lattice == "rectangular"


def test_units_are_drawn_as_hexagons(tmp_path):
    """One polygon a unit, its six corners equally far; discs at the same places."""
    som = a_map("torus", (4, 6))
    counts = occupancy(bmu(som, som.prototypes)[0], som.shape)
    fig = figures.overview(som, counts)
    polygons = fig.axes[0].collections[0].get_paths()
    assert len(polygons) == 24
    place = places(som.shape, HEX)
    radii = np.linalg.norm(polygons[7].vertices[:6] - place[7], axis=1)
    np.testing.assert_allclose(radii, 1 / np.sqrt(3))
    style.save(fig, tmp_path / "f.png", dpi=40)
    discs = figures.hit_map(som, {"one": counts}).axes[0].collections[1]
    np.testing.assert_allclose(discs.get_offsets(), place)
