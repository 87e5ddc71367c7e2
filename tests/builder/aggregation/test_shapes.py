"""Tests of `skyloom.builder.aggregation.shapes`."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from skyloom.builder.aggregation.shapes import (
    ELLIPSE,
    RECTANGLE,
    jaccard,
    jaccard_gradient,
    jaccard_matrix,
    polygon_matrix,
)

kinds = st.sampled_from([ELLIPSE, RECTANGLE])
shape = st.tuples(
    *[st.floats(-6, 6, allow_subnormal=False)] * 2,
    st.floats(0, math.pi, allow_subnormal=False),
    st.floats(0.1, 1),
    st.floats(1, 8),
).map(np.array)


def polygon(numbers, kind, quad_segs=200):
    """Return the shape as a shapely polygon."""
    mux, muy, roll, q, size = numbers
    unit = shapely.box(-1, -1, 1, 1)
    if kind == ELLIPSE:
        unit = shapely.Point(0, 0).buffer(1, quad_segs=quad_segs)
    turned = affinity.rotate(
        affinity.scale(unit, q * size, size), roll, origin=(0, 0), use_radians=True
    )
    return affinity.translate(turned, mux, muy)


def moved(numbers, turn, scale, shift):
    """Return a shape after a rotation about 0, a scaling and a shift."""
    c, s = math.cos(turn), math.sin(turn)
    x, y = np.array([[c, -s], [s, c]]) @ numbers[:2] * scale + shift
    return np.array([x, y, numbers[2] + turn, numbers[3], numbers[4] * scale])


@settings(deadline=None, max_examples=40)
@given(shape, shape, kinds)
def test_area_agrees_with_shapely(one, two, kind):
    """Distances equal those of finely drawn polygons."""
    a, b = polygon(one, kind), polygon(two, kind)
    expected = 1 - a.intersection(b).area / a.union(b).area
    assert jaccard(one, two[None], kind)[0] == pytest.approx(expected, abs=5e-5)


@settings(deadline=None)
@given(shape, shape, kinds)
def test_distance_is_symmetric_and_bounded(one, two, kind):
    """D(a, b) = D(b, a), within 0 and 1."""
    there, back = jaccard(one, two[None], kind)[0], jaccard(two, one[None], kind)[0]
    assert there == pytest.approx(back, abs=1e-9)
    assert 0 <= there <= 1


@settings(deadline=None)
@given(shape, kinds)
def test_identity_has_no_distance(one, kind):
    """A shape is at distance 0 from itself, also by its other name."""
    half_turn = one + np.array([0, 0, math.pi, 0, 0])
    distances = jaccard(one, np.array([one, half_turn]), kind)
    np.testing.assert_allclose(distances, 0, atol=1e-9)


@settings(deadline=None)
@given(
    shape,
    shape,
    kinds,
    st.floats(-3, 3),
    st.floats(0.2, 5),
    st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
)
def test_distance_is_invariant(one, two, kind, turn, scale, shift):
    """Rotating, scaling and shifting both shapes changes nothing."""
    before = jaccard(one, two[None], kind)[0]
    a, b = (moved(numbers, turn, scale, shift) for numbers in (one, two))
    assert jaccard(a, b[None], kind)[0] == pytest.approx(before, abs=1e-8)


@settings(deadline=None)
@given(st.floats(0.05, 1), st.floats(0.05, 1), kinds)
def test_concentric_shapes_of_one_length(q1, q2, kind):
    """Same centre, roll and length: D = 1 - min q / max q."""
    shapes = np.array([[1, 2, 0.4, q1, 3], [1, 2, 0.4, q2, 3]])
    expected = 1 - min(q1, q2) / max(q1, q2)
    assert jaccard_matrix(shapes, kind)[0, 1] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("kind", [ELLIPSE, RECTANGLE])
def test_nested_and_disjoint(kind):
    """Within: 1 - ratio of areas. Apart, however near: 1."""
    shapes = np.array([[0, 0, 0, 1, 4], [0.5, 0, 0.3, 0.5, 1], [0, 8.01, 0, 1, 4.0]])
    matrix = jaccard_matrix(shapes, kind)
    assert matrix[0, 1] == pytest.approx(1 - 0.5 * 1**2 / 4**2, abs=1e-12)
    assert matrix[0, 2] == matrix[1, 2] == 1


def test_circles_overlap_as_two_circular_segments():
    """Two unit circles one radius apart share 2 pi / 3 - sqrt(3) / 2."""
    shared = 2 * math.pi / 3 - math.sqrt(3) / 2
    shapes = np.array([[0, 0, 0, 1, 1], [1, 0, 0, 1, 1.0]])
    expected = 1 - shared / (2 * math.pi - shared)
    assert jaccard_matrix(shapes, ELLIPSE)[0, 1] == pytest.approx(expected, abs=1e-13)


def test_circles_that_cross_on_the_diagonals():
    """Circles a root of two apart share pi / 2 - 1: crossings at round angles count."""
    shapes = np.array([[0, 0, 0, 1, 1], [-1, 1, 0, 1, 1.0]])
    shared = math.pi / 2 - 1
    expected = 1 - shared / (2 * math.pi - shared)
    assert jaccard_matrix(shapes, ELLIPSE)[0, 1] == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("kind", [ELLIPSE, RECTANGLE])
def test_shapes_that_all_but_coincide_are_near(kind):
    """A distance is never larger than the difference, however small that is."""
    rng = np.random.default_rng(8)
    one = np.array([1.0, -2.0, 0.7, 0.6, 5.0])
    size = 10.0 ** rng.uniform(-16, -2, (400, 1))
    names = rng.choice([0, math.pi], 400)
    other = one + size * rng.normal(size=(400, 5)) * rng.integers(0, 2, (400, 5))
    other[:, 2] += names
    assert (jaccard(one, other, kind) <= 20 * size[:, 0] + 1e-14).all()


@settings(deadline=None)
@given(shape, shape, kinds)
def test_gradient_agrees_with_finite_differences(one, two, kind):
    """The gradient is the limit of differences, away from touching points."""
    _, gradient = jaccard_gradient(one, two[None], kind)
    ahead, behind = (differences(one, two, kind, step) for step in (1e-6, -1e-6))
    smooth = np.isclose(ahead, behind, atol=1e-4)
    middle = (ahead + behind) / 2
    np.testing.assert_allclose(gradient[0][smooth], middle[smooth], atol=1e-4)


def differences(one, two, kind, step):
    """Return the one-sided differences of D by each parameter."""
    here = jaccard(one, two[None], kind)[0]
    there = [jaccard(one + step * axis, two[None], kind)[0] for axis in np.eye(5)]
    return (np.array(there) - here) / step


def test_shapes_without_area_are_far_from_everything():
    """An empty union is at distance 1, also from itself."""
    shapes = np.array([[0, 0, 0, 0.5, 0], [0, 0, 0, 0, 3], [0, 0, 0, 1, 1.0]])
    for kind in (ELLIPSE, RECTANGLE):
        matrix = jaccard_matrix(shapes, kind)
        np.testing.assert_array_equal(matrix, [[1, 1, 1], [1, 1, 1], [1, 1, 0]])


@pytest.fixture
def ellipses():
    """Return ellipses that overlap in many ways."""
    rng = np.random.default_rng(4)
    low, high = [-3, -3, 0, 0.05, 0.5], [3, 3, np.pi, 1, 8]
    return rng.uniform(low, high, (24, 5))


def test_polygons_equal_shapely_buffers(ellipses):
    """Sixty-four corners are shapely's buffered point with 16 to a quarter."""
    drawn = [polygon(numbers, ELLIPSE, 16) for numbers in ellipses]
    expected = [
        [1 - a.intersection(b).area / a.union(b).area for b in drawn] for a in drawn
    ]
    np.testing.assert_allclose(polygon_matrix(ellipses), expected, atol=1e-12)


def test_many_corners_are_an_ellipse(ellipses):
    """The exact distance is the limit; 64 corners stay within 4e-4 of it."""
    exact = jaccard_matrix(ellipses, ELLIPSE)
    np.testing.assert_allclose(polygon_matrix(ellipses, 512), exact, atol=1e-5)
    np.testing.assert_allclose(polygon_matrix(ellipses), exact, atol=4e-4)


def test_polygons_without_area_do_not_overlap():
    """A shape without area is at distance 1 from all and itself."""
    shapes = np.array([[0, 0, 0, 0, 3], [0, 0, 0, 0.5, 0], [0, 0, 0, 0.5, 3.0]])
    expected = [[1, 1, 1], [1, 1, 1], [1, 1, 0]]
    np.testing.assert_array_equal(polygon_matrix(shapes), expected)


def test_equal_polygons_are_at_no_negative_distance(ellipses):
    """Rounding leaves no distance that DBSCAN would refuse."""
    twice = polygon_matrix(np.repeat(ellipses, 2, axis=0))
    assert ((twice >= 0) & (twice <= 1)).all()
    assert twice[::2, 1::2].diagonal() == pytest.approx(0, abs=1e-12)
