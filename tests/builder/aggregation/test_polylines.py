"""Tests of `skyloom.builder.aggregation.polylines`."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skyloom.builder.aggregation.polylines import (
    crosses_itself,
    length,
    line_distances,
    one_way_distance,
    split_outside,
    usable,
)

paths = arrays(
    float, st.tuples(st.integers(2, 12), st.just(2)), elements=st.integers(0, 20)
)


@settings(deadline=None)
@given(paths)
def test_self_crossing_agrees_with_shapely(points):
    """Shapely calls the same open lines simple."""
    moved = np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]
    points = points[moved]
    if len(points) < 2 or (points[0] == points[-1]).all():
        return
    assert crosses_itself(points) != shapely.LineString(points).is_simple


@settings(deadline=None)
@given(paths, paths)
def test_distance_agrees_with_shapely(one, two):
    """The mean squared distance of vertices to the other line, both ways."""
    expected = sum(
        np.mean([shapely.LineString(b).distance(shapely.Point(p)) ** 2 for p in a])
        for a, b in ((one, two), (two, one))
    )
    matrix = line_distances([one, two])
    assert matrix[0, 1] == matrix[1, 0] == pytest.approx(expected, abs=1e-9)
    assert matrix[0, 0] == 0


def test_one_way_distance_of_parallels():
    """A line 3 above a longer one is 9 away; the longer one is further from it."""
    short = np.column_stack([np.linspace(2, 4, 7), np.full(7, 3.0)])
    long = np.column_stack([np.linspace(0, 9, 30), np.zeros(30)])
    assert one_way_distance(short, long) == pytest.approx(9)
    assert one_way_distance(long, short) > 9


def test_short_and_crossing_lines_are_unusable():
    """Six vertices are the least; a loop disqualifies, also a closed one."""
    line = np.column_stack([np.arange(6.0), np.zeros(6)])
    loop = np.array([[0, 0], [2, 0], [2, 2], [1, 2], [1, -1], [0, -1.0]])
    assert usable(line)
    assert not usable(line[:5])
    assert not usable(loop)
    turn = np.linspace(0, 2 * np.pi, 9)
    closed = np.column_stack([np.cos(turn), np.sin(turn)])
    closed[-1] = closed[0]
    assert usable(closed[:-1])
    assert not usable(closed)


def test_line_through_the_centre_is_split():
    """Vertices within the circle go; both sides remain, in order."""
    line = np.column_stack([np.arange(-10.0, 11), np.zeros(21)])
    pieces = split_outside(line, np.zeros(2), 2.5)
    assert [piece[:, 0].tolist() for piece in pieces] == [
        list(range(-10, -2)),
        list(range(3, 11)),
    ]


def test_line_within_the_circle_vanishes():
    """Nothing outside, nothing left; nothing inside, nothing changed."""
    line = np.column_stack([np.linspace(0, 1, 9), np.zeros(9)])
    assert split_outside(line, np.zeros(2), 2.5) == []
    np.testing.assert_array_equal(split_outside(line, np.ones(2) * 9, 2.5)[0], line)


def test_length_and_empty_set():
    """A 3-4-5 step, and no lines at all."""
    assert length(np.array([[0, 0], [3, 4], [3, 5.0]])) == 6
    assert line_distances([]).shape == (0, 0)


def test_a_bow_tie_of_unit_steps_crosses_itself():
    """A vertex that stands twice is no crossing."""
    tie = np.array([[0, 0], [1, 1], [1, 0], [0, 1]])
    assert crosses_itself(tie)
    assert crosses_itself(tie[[0, 0, 1, 2, 3, 3]])
    assert not crosses_itself(tie[[0, 0, 1, 1, 2]])
    assert not crosses_itself(tie[[0, 0, 1, 1]])
