"""Training: the formula, the order of the map, repeatability, constant memory."""

import itertools
import tracemalloc

import minisom
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.som.grid import TOPOLOGIES, gaussian, grid_distances
from skyloom.som.matching import bmu
from skyloom.som.model import Som
from skyloom.som.quality import quantisation_error, topographic_error
from skyloom.som.rows import Batches
from skyloom.som.start import principal
from skyloom.som.training import epoch, first_radius, shrinking, train


def trained(som, rows, radii):
    """Return a map after epochs of these radii."""
    for radius in radii:
        som = epoch(som, rows, radius)
    return som


def random_map(shape, width, topology, seed=1):
    rng = np.random.default_rng(seed)
    return Som(rng.normal(size=(*shape, width)).astype(np.float32), topology)


def sheet_in_space(n_rows, seed=2):
    """Return rows on a curved sheet in eight dimensions."""
    rng = np.random.default_rng(seed)
    u, v = rng.uniform(-1, 1, (2, n_rows))
    places = np.stack([u, v, u**2 / 2, v**2 / 2, u * v / 2, u**3 / 3], axis=1)
    return np.hstack([places, np.zeros((n_rows, 2))]) + rng.normal(0, 0.01, (n_rows, 8))


def torus_in_space(n_rows, seed=3):
    """Return rows on a flat torus in four dimensions."""
    rng = np.random.default_rng(seed)
    u, v = rng.uniform(0, 2 * np.pi, (2, n_rows))
    rows = np.stack([2 * np.cos(u), 2 * np.sin(u), np.cos(v), np.sin(v)], axis=1)
    return rows + rng.normal(0, 0.01, rows.shape)


@given(
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.sampled_from(TOPOLOGIES),
    st.floats(0.3, 6),
    st.integers(1, 60),
)
@settings(deadline=None)
def test_epoch_is_the_published_formula(shape, topology, radius, n_rows):
    """Each unit becomes the mean of all rows, weighted by its neighbourhood."""
    som = random_map(shape, 6, topology)
    rows = np.random.default_rng(7).normal(size=(n_rows, 6))
    done = epoch(som, rows, radius, chunk=16)
    index, _ = bmu(som, rows)
    votes = gaussian(grid_distances(shape, topology), radius)[:, index]
    wanted = votes @ rows / votes.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(done.prototypes, wanted, atol=1e-5)


def test_epoch_agrees_with_minisom():
    """MiniSom's batch training at a learning rate of 1 gives the same weights."""
    start, rows = random_map((5, 6), 8, "sheet"), sheet_in_space(200)
    peer = minisom.MiniSom(
        5, 6, 8, 2.0, 1.0, decay_function=lambda rate, *_: rate,
        sigma_decay_function="linear_decay_to_one",
    )  # fmt: skip
    peer._weights = start.weights.astype(float)
    peer.train_batch_offline(rows, 4)
    radii = 2.0 - np.arange(4) / 4
    last = trained(start, rows, radii)
    np.testing.assert_allclose(last.weights, peer.get_weights(), atol=1e-5)


@pytest.mark.parametrize("epochs", [10, 40])
def test_quantisation_error_is_no_worse_than_minisoms(epochs):
    """Same start, epochs and radii, MiniSom's own decay; above all on unseen rows."""
    rows, unseen = sheet_in_space(600), sheet_in_space(600, seed=9)
    start = principal(rows, (8, 8), "sheet")
    peer = minisom.MiniSom(8, 8, 8, sigma=3.0, random_seed=1)
    peer._weights = start.weights.astype(float)
    peer.train(rows, epochs, use_epochs=True, random_order=True)
    theirs = Som(peer.get_weights().astype(np.float32), "sheet")
    radii = [3.0 / (1 + 2 * k / epochs) for k in range(epochs)]
    last = trained(start, rows, radii)
    ours = [quantisation_error(last, data) for data in (rows, unseen)]
    peers = [quantisation_error(theirs, data) for data in (rows, unseen)]
    assert ours[0] <= 1.005 * peers[0]
    assert ours[1] <= peers[1]


@pytest.mark.parametrize(
    ("topology", "rows"), [("sheet", sheet_in_space), ("torus", torus_in_space)]
)
def test_map_of_its_own_shape_is_ordered(topology, rows):
    """Neighbours in the data are neighbours on the map; units follow the data."""
    data, unseen = rows(3000), rows(1000, seed=11)
    som = train(data, (12, 12), topology, 15, np.random.default_rng(1))
    assert topographic_error(som, unseen) < 0.03
    rough = epoch(som, data, 6.0)
    assert quantisation_error(som, unseen) < 0.5 * quantisation_error(rough, unseen)


def test_error_falls():
    """As the radius shrinks."""
    som, rows = random_map((6, 6), 8, "sheet"), sheet_in_space(500)
    errors = []
    for radius in shrinking(8, 3.0):
        som = epoch(som, rows, radius)
        errors.append(quantisation_error(som, rows))
    assert all(a >= b for a, b in itertools.pairwise(errors))


def test_same_seed_same_bytes():
    """And another seed chooses another start."""
    rows = sheet_in_space(3000)
    maps = [
        train(rows, (5, 5), "torus", 3, np.random.default_rng(seed)).weights.tobytes()
        for seed in (1, 1, 2)
    ]
    assert maps[0] == maps[1] != maps[2]


@given(st.integers(40, 900), st.integers(1, 1000))
@settings(deadline=None, max_examples=15)
def test_chunks_and_batches_change_rounding_only(chunk, cut):
    """The same map from an array, from batches, and from any chunks."""
    rows = sheet_in_space(1000)
    whole = train(rows, (4, 5), "sheet", 4, np.random.default_rng(1))
    parts = Batches(lambda: iter(np.split(rows, [cut])))
    som = train(parts, (4, 5), "sheet", 4, np.random.default_rng(1), chunk=chunk)
    np.testing.assert_allclose(som.weights, whole.weights, atol=1e-5)


def test_units_that_no_row_reaches_stay():
    """A radius so small that nothing arrives moves nothing, and warns of nothing."""
    som = random_map((1, 40), 3, "sheet")
    done = epoch(som, som.prototypes[:1], 0.5)
    moved = np.abs(done.prototypes - som.prototypes).max(axis=1) > 0
    near = done.prototypes[:9] - som.prototypes[0]
    np.testing.assert_allclose(near, 0, atol=1e-6)
    assert not moved[20:].any()


def test_memory_does_not_grow_with_rows():
    """Eight times the batches need no more memory."""

    def peak(n_batches):
        def batches():
            rng = np.random.default_rng(4)
            return (rng.normal(size=(500, 40)) for _ in range(n_batches))

        tracemalloc.start()
        train(Batches(batches), (6, 6), "torus", 2, np.random.default_rng(1), chunk=250)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak(5)
    assert peak(80) < 1.2 * peak(10)


def test_common_offset_does_not_harm():
    """A background a thousand times the signal costs the digits of float32 only."""
    rows = np.round(sheet_in_space(500) * 1024) / 1024
    start = np.round(random_map((5, 5), 8, "sheet").weights * 512) / np.float32(512)
    plain = epoch(Som(start, "sheet"), rows, 1.0)
    high = epoch(Som(start + np.float32(1024), "sheet"), rows + 1024, 1.0)
    np.testing.assert_allclose(high.weights - 1024, plain.weights, atol=2e-4)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"data": np.zeros((0, 8))}, "no rows"),
        ({"data": np.full((5, 8), np.nan)}, "row 0"),
        ({"epochs": 0}, "at least one epoch, not 0"),
        ({"shape": (0, 5)}, "at least 1 of each"),
        ({"topology": "sphere"}, "topology 'sphere'"),
    ],
)
def test_impossible_training_is_refused(change, problem):
    """Before or at the first epoch, with the reason."""
    call = {"data": sheet_in_space(20), "shape": (3, 3), "topology": "sheet"}
    call |= {"epochs": 2, "rng": np.random.default_rng(1)}
    with pytest.raises(ValueError, match=problem):
        train(**(call | change))


def test_data_for_one_pass_are_refused():
    """A generator would be empty from the second epoch on."""
    rows = (part for part in [sheet_in_space(20)])
    with pytest.raises(TypeError, match="read only once"):
        train(rows, (3, 3), "sheet", 2, np.random.default_rng(1))


def test_radii_shrink_evenly():
    """By one factor, from half the longest way; the only radius of one is the last."""
    radii = shrinking(9, first_radius((15, 9), "sheet"))
    assert radii[0] == 7.5
    assert radii[-1] == 0.5
    np.testing.assert_allclose(radii[1:] / radii[:-1], radii[1] / radii[0])
    assert first_radius((15, 9), "torus") == 3.75
    assert shrinking(1, 7.5).tolist() == [0.5]


def test_a_map_of_few_units_starts_at_a_radius_of_one():
    """Half of the longest way is less; from three rows on a sheet it is more."""
    assert first_radius((1, 1), "sheet") == 1.0
    assert first_radius((2, 1), "sheet") == 1.0
    assert first_radius((1, 3), "sheet") == 1.5
    assert first_radius((1, 3), "torus") == 1.0
    assert first_radius((5, 2), "torus") == 1.25
