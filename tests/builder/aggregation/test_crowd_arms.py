"""Tests of `skyloom.builder.aggregation.crowd_arms`."""

from __future__ import annotations

import numpy as np
from builder import drawn_arms
from skyloom.builder.aggregation.arms import Stroke
from skyloom.builder.aggregation.crowd_arms import find, groups
from skyloom.builder.config import ArmSettings

SETTINGS = ArmSettings(method="crowd", eps=0.004)


def opposite(strokes, shift=0):
    """Return the lines of the arm on the other side, by other volunteers."""
    centre = np.array([drawn_arms.DISK.mux, drawn_arms.DISK.muy])
    return [Stroke(s.volunteer + shift, 1, 2 * centre - s.points) for s in strokes]


def lines(seed, n):
    """Return n volunteers' lines along one arm."""
    return drawn_arms.arm(np.random.default_rng(seed), n, 0.3, 3.2)


def test_a_volunteer_counts_once():
    """Four lines of one hand are no agreement; of four they are."""
    near = np.ones((4, 4), bool)
    assert groups(near, np.zeros(4, int), 2) == []
    (own,) = groups(near, np.arange(4), 4)
    np.testing.assert_array_equal(own, np.arange(4))
    scribbles = [Stroke(0, k, s.points) for k, s in enumerate(lines(0, 6))]
    assert find(scribbles, drawn_arms.plane(), SETTINGS) == ([], [])


def test_what_few_drew_is_a_candidate():
    """Six volunteers make an arm, two of them a candidate on the other side."""
    strokes = lines(1, 6)
    both = strokes + opposite(strokes[:2])
    arms, candidates = find(both, drawn_arms.plane(), SETTINGS)
    assert [len(arm.strokes) for arm in arms] == [6]
    assert [{s.index for s in arm.strokes} for arm in candidates] == [{1}]


def test_two_arms_chained_into_one_cluster_are_told_apart():
    """Where everything is a neighbour, lines still follow one spiral or the other."""
    strokes = lines(2, 7)
    both = strokes + opposite(strokes[:5])
    settings = ArmSettings(method="crowd", eps=1.0)
    arms, candidates = find(both, drawn_arms.plane(), settings)
    found = sorted({s.index for s in arm.strokes} == {1} for arm in arms)
    assert found == [False, True]
    assert candidates == []


def test_nothing_drawn_is_no_arm():
    """Nor a candidate."""
    assert find([], drawn_arms.plane(), SETTINGS) == ([], [])
