"""Tests of `skyloom.builder.aggregation.polygons`."""

from __future__ import annotations

import numpy as np
import pytest
from builder.aggregation.test_shapes import polygon
from skyloom.builder.aggregation.polygons import polygon_matrix
from skyloom.builder.aggregation.shapes import ELLIPSE, jaccard_matrix


@pytest.fixture
def shapes():
    """Return ellipses that overlap in many ways."""
    rng = np.random.default_rng(4)
    low, high = [-3, -3, 0, 0.05, 0.5], [3, 3, np.pi, 1, 8]
    return rng.uniform(low, high, (24, 5))


def test_equals_shapely_polygons(shapes):
    """Sixty-four corners are shapely's buffered point with 16 to a quarter."""
    drawn = [polygon(numbers, ELLIPSE, 16) for numbers in shapes]
    expected = [
        [1 - a.intersection(b).area / a.union(b).area for b in drawn] for a in drawn
    ]
    np.testing.assert_allclose(polygon_matrix(shapes), expected, atol=1e-12)


def test_many_corners_are_an_ellipse(shapes):
    """The exact distance is the limit; 64 corners stay within 4e-4 of it."""
    exact = jaccard_matrix(shapes, ELLIPSE)
    np.testing.assert_allclose(polygon_matrix(shapes, 512), exact, atol=1e-5)
    np.testing.assert_allclose(polygon_matrix(shapes), exact, atol=4e-4)


def test_no_area_no_overlap():
    """A shape without area is at distance 1 from all and itself."""
    np.testing.assert_array_equal(polygon_matrix(np.zeros((2, 5))), np.ones((2, 2)))


@pytest.mark.parametrize(("form", "corners"), [((3, 4), 64), ((3, 5), 2)])
def test_wrong_input_is_refused(form, corners):
    """Five numbers a shape and three corners are the least."""
    with pytest.raises(ValueError, match="expected shapes"):
        polygon_matrix(np.ones(form), corners)
