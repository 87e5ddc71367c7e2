"""The rasteriser against others, and what must hold for any polygon."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.measure import grid_points_in_poly
from skyloom.spirals.segmaps.fill import counted, covered

SHAPE = (40, 60)
# Multiples of 1/8, so that moved vertices, and what lies on an outline, are exact.
COORDINATES = st.integers(-160, 640).map(lambda i: i / 8)
POLYGONS = st.integers(1, 9).flatmap(
    lambda n: arrays(np.float64, (n, 2), elements=COORDINATES)
)


def winding(polygon: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return how often a polygon winds around each pixel, by the sum of angles."""
    y, x = np.indices(shape)
    rays = [(px - x) + 1j * (py - y) for px, py in np.vstack([polygon, polygon[:1]])]
    with np.errstate(divide="ignore", invalid="ignore"):  # on a vertex
        turns = [np.angle(b / a) for a, b in pairwise(rays)]
    return np.rint(np.nan_to_num(np.sum(turns, axis=0)) / (2 * np.pi)).astype(int)


def off_outline(polygon: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return pixels whose centre is not just on the outline, where either is right."""
    y, x = np.indices(shape)
    on = np.zeros(shape, bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        along = (x - x0) * (x - x1) + (y - y0) * (y - y1) <= 0
        on |= along & ((x - x0) * (y1 - y0) == (y - y0) * (x1 - x0))
    return ~on


def stroke(rng, n=80, size=60.0):
    """Return a closed stroke around a place, which crosses itself now and then."""
    angle = np.sort(rng.uniform(0, 2 * np.pi, n))
    radius = size / 4 * np.exp(0.3 * rng.normal(size=n))
    return 20 + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


@pytest.mark.parametrize("seed", range(20))
def test_simple_polygons_equal_shapely(seed):
    """Every pixel as shapely has it, for strokes that do not cross themselves."""
    polygon = stroke(np.random.default_rng(seed))
    shape = shapely.Polygon(polygon)
    assert shape.is_valid  # sorted by angle: a star about its middle
    y, x = np.indices(SHAPE)
    assert (covered([polygon], SHAPE) == shapely.contains_xy(shape, x, y)).all()


@pytest.mark.parametrize("seed", range(20))
def test_strokes_that_cross_themselves(seed):
    """By the winding number; scikit-image's even-odd rule is its last bit."""
    rng = np.random.default_rng(seed)
    polygon = rng.uniform(-10, 60, (25, 2))
    found, times = covered([polygon], SHAPE), winding(polygon, SHAPE)
    assert (found == (times != 0)).all()
    odd = grid_points_in_poly(SHAPE, polygon[:, ::-1])
    assert (odd == (times % 2 == 1)).all()
    assert (found & ~odd).any()  # places that a stroke covers twice


@given(POLYGONS)
def test_any_polygon_has_its_winding_number(polygon):
    """Of any number of vertices, on the frame or not."""
    free = off_outline(polygon, SHAPE)
    found = covered([polygon], SHAPE)[free]
    assert (found == (winding(polygon, SHAPE) != 0)[free]).all()


@given(POLYGONS, st.integers(-20, 20), st.integers(-20, 20))
def test_a_moved_polygon_is_the_moved_map(polygon, dx, dy):
    """By whole pixels."""
    wide = covered([polygon + 60], (160, 180))
    moved = covered([polygon + 60 + [dx, dy]], (160, 180))
    same = np.roll(wide, (dy, dx), (0, 1)) == moved
    assert same[off_outline(polygon + 60 + [dx, dy], (160, 180))].all()


@given(POLYGONS)
def test_a_frame_only_cuts(polygon):
    """What is on the frame does not depend on where the frame ends."""
    same = (
        covered([polygon], SHAPE) == covered([polygon + 50], (140, 160))[50:90, 50:110]
    )
    assert same[off_outline(polygon, SHAPE)].all()


@given(POLYGONS, st.sampled_from([2, 3, 5]))
def test_a_finer_image_agrees_where_centres_meet(polygon, times):
    """Pixel i of the coarse image has its centre at times * i of the fine one."""
    ny, nx = SHAPE
    fine = covered([polygon * times], (ny * times, nx * times))
    same = covered([polygon], SHAPE) == fine[::times, ::times]
    assert same[off_outline(polygon, SHAPE)].all()


@given(st.lists(st.tuples(POLYGONS, st.integers(0, 2)), max_size=5))
def test_owners_count_once(pairs):
    """An owner's polygons are united, and owners are added."""
    polygons, owners = [p for p, _ in pairs], [o for _, o in pairs]
    mine = [[p for p, o in pairs if o == k] for k in range(3)]
    each = np.array([covered(polygons, SHAPE) for polygons in mine])
    weights = np.array([1.0, 0.5, 2.0])
    found = counted(polygons, np.array(owners, int), weights, SHAPE)
    assert (found == np.tensordot(weights, each, 1)).all()
    assert found.flags.c_contiguous


def test_polygons_that_share_an_edge_share_no_pixel():
    """On whole coordinates, where many centres lie on outlines."""
    rng = np.random.default_rng(2)
    middle = np.stack([np.linspace(0, 40, 9), rng.integers(5, 30, 9)], axis=1)
    low = np.vstack([middle, [[40, 0], [0, 0]]]).astype(float)
    high = np.vstack([middle[::-1], [[0, 35], [40, 35]]]).astype(float)
    both = counted([low, high], np.arange(2), np.ones(2), SHAPE)
    assert (both[:35, :40] == 1).all()
    assert both.sum() == 35 * 40


@pytest.mark.parametrize("n", [0, 1, 2])
def test_clicks_and_lines_cover_nothing(n):
    """They have no area."""
    assert not covered([np.full((n, 2), 7.0)], SHAPE).any()
    assert not covered([np.array([[3.0, 4], [9, 20]])[:n]], SHAPE).any()


def test_no_polygon_covers_nothing():
    """An empty list is a blank map."""
    assert counted([], np.zeros(0, int), np.ones(3), SHAPE).dtype == np.float64
    assert covered([], SHAPE).shape == SHAPE
    assert not covered([], SHAPE).any()
