"""Best-matching units against brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.som.matching import bmu, two_best
from skyloom.som.model import Som

cases = st.tuples(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    st.integers(1, 30),
    st.integers(1, 40),
    st.sampled_from([1e-3, 1.0, 1e4]),
)


def drawn(seed, shape, width, n_rows, scale):
    rng = np.random.default_rng(seed)
    weights = rng.normal(scale=scale, size=(*shape, width)).astype(np.float32)
    rows = rng.normal(scale=scale, size=(n_rows, width)).astype(np.float32)
    return Som(weights, "sheet"), rows


def brute_force(som, rows):
    step = rows[:, None].astype(float) - som.prototypes.astype(float)
    return np.linalg.norm(step, axis=2)


@given(cases, st.integers(1, 50))
@settings(deadline=None)
def test_bmu_is_the_nearest(case, chunk):
    """Nearest by brute force in float64, wherever float32 can tell."""
    som, rows = drawn(*case)
    index, distance = bmu(som, rows, chunk=chunk)
    apart = brute_force(som, rows)
    scale = np.abs(rows).max() + np.abs(som.weights).max()
    tolerance = 1e-5 * scale * np.sqrt(som.width)
    mine = apart[np.arange(len(rows)), index]
    np.testing.assert_allclose(distance, mine, rtol=1e-5, atol=1e-6 * scale)
    # The bracket's rounding is one of squares: (d + t)² of a small d hides t.
    assert (mine**2 <= apart.min(axis=1) ** 2 + tolerance * scale).all()
    nearest = np.sort(apart, axis=1)[:, :2]
    clear = np.ptp(nearest, axis=1) > 1e-2 * scale
    assert (index[clear] == apart[clear].argmin(axis=1)).all()


@given(cases)
@settings(deadline=None)
def test_second_best_is_the_next(case):
    """The two nearest by brute force, wherever float32 can tell."""
    som, rows = drawn(*case)
    if som.n_units < 2:
        with pytest.raises(ValueError, match="no second-best"):
            two_best(som, rows)
        return
    pairs = two_best(som, rows)
    apart = brute_force(som, rows)
    order = np.argsort(apart, axis=1)[:, :3]
    scale = np.abs(rows).max() + np.abs(som.weights).max()
    gaps = np.diff(np.take_along_axis(apart, order, 1), axis=1)
    clear = (gaps > 1e-2 * scale).all(axis=1)
    assert (pairs[clear] == order[clear, :2]).all()
    assert (pairs[:, 0] == bmu(som, rows)[0]).all()


@given(st.integers(0, 99), st.floats(-1e4, 1e4))
@settings(deadline=None)
def test_common_offset_changes_nothing(seed, offset):
    """Fluxes on a high background have the units that they have without it."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(-8, 9, (3, 3, 5)).astype(np.float32)
    rows = rng.integers(-8, 9, (20, 5)).astype(np.float32)
    lift = np.float32(round(offset))
    moved = bmu(Som(weights + lift, "torus"), rows + lift)
    apart = brute_force(Som(weights, "torus"), rows)
    chosen = apart[np.arange(20), moved[0]]
    np.testing.assert_allclose(chosen, apart.min(axis=1), rtol=1e-3, atol=1e-2)


def test_each_prototype_matches_itself():
    """At distance 0 exactly, and the first of equal units wins."""
    som, _ = drawn(1, (4, 5), 30, 1, 10.0)
    index, distance = bmu(som, som.prototypes)
    assert (index == np.arange(20)).all()
    assert (distance == 0).all()
    same = Som(np.ones((2, 2, 3), np.float32), "sheet")
    assert bmu(same, np.zeros((1, 3)))[0] == [0]


def test_chunks_change_rounding_only():
    """Any chunk gives the same units and the same distances to the last digits."""
    som, rows = drawn(2, (6, 6), 30, 100, 1.0)
    whole = bmu(som, rows)
    for chunk in (1, 7, 64):
        index, distance = bmu(som, rows, chunk=chunk)
        assert (index == whole[0]).all()
        np.testing.assert_allclose(distance, whole[1], rtol=1e-6)
    parts = bmu(som, [rows[:33], rows[33:]])
    assert (parts[0] == whole[0]).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_row_that_is_not_finite_is_named(value):
    """No silent unit for a bad row."""
    som, rows = drawn(3, (3, 3), 8, 50, 1.0)
    rows[37, 2] = value
    for call in (bmu, two_best):
        with pytest.raises(ValueError, match="row 37 holds a value"):
            call(som, rows, chunk=10)


def test_other_width_is_refused():
    """Spectra on another grid than the map's."""
    som, rows = drawn(4, (3, 3), 8, 5, 1.0)
    with pytest.raises(
        ValueError, match=r"expected shape \(n, 8\), not shape \(5, 7\)"
    ):
        bmu(som, rows[:, :7])
