"""Tests of `skyloom.builder.aggregation.consensus`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from skyloom.builder.aggregation.consensus import (
    _major_first,
    circular_mean,
    circular_std,
    consensus,
    mean_shape,
    scatter,
)
from skyloom.builder.aggregation.shapes import ELLIPSE, RECTANGLE, jaccard


def drawings(seed, n=12, roll=0.02):
    """Return n noisy drawings of one shape, whose roll may straddle 0."""
    rng = np.random.default_rng(seed)
    truth = np.array([50.0, 52, roll, 0.5, 20])
    shapes = truth + rng.normal(size=(n, 5)) * [1, 1, 0.08, 0.04, 1.5]
    shapes[:, 2] %= math.pi
    return truth, shapes


@pytest.mark.parametrize("kind", [ELLIPSE, RECTANGLE])
@pytest.mark.parametrize("seed", range(4))
def test_no_derivative_free_search_does_better(kind, seed):
    """Nelder and Mead find nothing below the minimum."""
    _, shapes = drawings(seed)
    best, total = consensus(shapes, kind)

    def objective(x):
        return jaccard(x, shapes, kind).sum() if x[3:].min() > 0 else 1e9

    options = {"xatol": 1e-5, "fatol": 1e-7, "maxiter": 3000}
    found = minimize(objective, best, method="Nelder-Mead", options=options)
    assert total <= found.fun + 1e-4
    assert 0 <= best[2] < math.pi


def test_identical_drawings_are_their_own_consensus():
    """All the same: that shape, and no scatter."""
    truth, _ = drawings(0)
    shapes = np.tile(truth, (5, 1))
    best, total = consensus(shapes, ELLIPSE)
    np.testing.assert_allclose(best, truth, atol=1e-4)
    assert total == pytest.approx(0, abs=1e-4)
    assert all(v == pytest.approx(0, abs=1e-7) for v in scatter(shapes).values())


def test_one_far_drawing_hardly_matters():
    """The consensus is robust: an outlier moves it far less than the mean."""
    _, shapes = drawings(1)
    stray = np.array([[80.0, 90, 1.5, 1.0, 5]])
    before, _ = consensus(shapes, ELLIPSE)
    after, _ = consensus(np.r_[shapes, stray], ELLIPSE)
    moved = np.hypot(*(after - before)[:2])
    assert moved < 0.2
    assert np.hypot(*(mean_shape(np.r_[shapes, stray]) - before)[:2]) > 2


def test_nearly_round_shapes_may_swap_axes():
    """The minimum is found through q = 1, where the axes change names."""
    rng = np.random.default_rng(3)
    shapes = np.column_stack(
        [*rng.normal(30, 0.3, (2, 9)), rng.uniform(0, 3, 9), [0.95] * 9, [10] * 9]
    )
    best, total = consensus(shapes, ELLIPSE, (0.6, 1.0))
    assert best[3] <= 1
    round_one = np.array([*best[:2], 0, 1, best[4] * math.sqrt(best[3])])
    assert total <= jaccard(round_one, shapes, ELLIPSE).sum() + 1e-9


def test_roll_is_a_two_fold_angle():
    """Rolls near 0 and near pi lie close together."""
    rolls = np.array([0.1, math.pi - 0.1])
    assert min(circular_mean(rolls), math.pi - circular_mean(rolls)) < 1e-12
    assert circular_std(rolls) == pytest.approx(np.std([0.1, -0.1], ddof=1))


def test_scatter_is_the_sample_standard_deviation():
    """Divided by n - 1; a single drawing gives no prior."""
    _, shapes = drawings(2, roll=1.0)
    expected = shapes.std(axis=0, ddof=1)
    np.testing.assert_allclose(list(scatter(shapes).values()), expected, rtol=1e-9)
    assert set(scatter(shapes[:1]).values()) == {None}


def test_scatter_of_two_unequal_drawings():
    """Values a distance d apart scatter by d over root two; rolls wrap at pi."""
    shapes = np.array([[1.0, 2.0, 0.05, 0.5, 9.0], [4.0, 1.0, 3.0916, 0.7, 7.0]])
    found = scatter(shapes)
    expected = {"mux": 3.0, "muy": 1.0, "roll": 0.1, "q": 0.2, "Re": 2.0}
    for name, apart in expected.items():
        assert found[name] == pytest.approx(apart / np.sqrt(2), rel=1e-3), name
    turned = circular_mean(shapes[:, 2])
    assert min(turned, np.pi - turned) < 1e-3


@pytest.mark.parametrize("kind", [ELLIPSE, RECTANGLE])
def test_the_longer_axis_is_named_the_major_one(kind):
    """A shape with q above 1 is the same area with axes swapped, a quarter turn on."""
    wide = np.array([1.0, 2.0, 0.3, 1.25, 4.0])
    named = _major_first(wide)
    np.testing.assert_allclose(named, [1.0, 2.0, 0.3 + np.pi / 2, 0.8, 5.0])
    assert jaccard(named, wide[None], kind)[0] == pytest.approx(0, abs=1e-9)
    assert _major_first(np.array([0, 0, -0.2, 0.5, 4.0]))[2] == pytest.approx(
        np.pi - 0.2
    )
