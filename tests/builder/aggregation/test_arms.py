"""Tests of `skyloom.builder.aggregation.arms`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from builder import drawn_arms
from skyloom.builder.aggregation import arms
from skyloom.builder.aggregation.arms import Stroke, cut, find_arms, fit_arm, refit
from skyloom.builder.config import ArmSettings

SETTINGS = ArmSettings()


def two_arms(seed=0, n=9):
    """Return strokes of two opposite arms, and their pitch angle [deg]."""
    rng = np.random.default_rng(seed)
    b = math.tan(math.radians(18))
    one = drawn_arms.arm(rng, n, b, math.log(25))
    other = drawn_arms.arm(rng, n, b, math.log(25))
    centre = np.array([drawn_arms.DISK.mux, drawn_arms.DISK.muy])
    return one + [Stroke(s.volunteer, 1, 2 * centre - s.points) for s in other], 18.0


def test_two_arms_are_told_apart():
    """Each arm gathers its own lines and has about the drawn pitch angle."""
    strokes, phi = two_arms()
    found = find_arms(strokes, drawn_arms.plane(), SETTINGS)
    assert [{s.index for s in arm.strokes} for arm in found] == [{0}, {1}]
    for arm in found:
        found = math.degrees(math.atan(arm.spiral.coef[1]))
        assert found == pytest.approx(phi, abs=4)


def test_mirrored_lines_change_only_the_chirality():
    """A mirror turns the sign of the pitch angle."""
    strokes, _ = two_arms(3)
    disk = drawn_arms.DISK
    mirrored = [Stroke(s.volunteer, s.index, s.points * [-1, 1]) for s in strokes]
    twin = drawn_arms.plane(
        type(disk)(-disk.mux, disk.muy, math.pi - disk.roll, disk.q, disk.Re, 1.0)
    )
    found = find_arms(strokes, drawn_arms.plane(), SETTINGS)
    twins = find_arms(mirrored, twin, SETTINGS)
    assert len(found) == len(twins) == 2
    for arm, other in zip(found, twins, strict=True):
        assert other.spiral.coef[1] == pytest.approx(-arm.spiral.coef[1], abs=0.01)


def test_lines_that_agree_with_nobody_make_no_arm():
    """Three lines are too few, and no lines are no arms."""
    strokes, _ = two_arms(n=3)
    assert find_arms(strokes, drawn_arms.plane(), SETTINGS) == []
    assert find_arms([], drawn_arms.plane(), SETTINGS) == []


def test_two_halves_of_one_spiral_are_joined(monkeypatch):
    """Clusters whose spirals lie near one another become one arm."""
    strokes = drawn_arms.arm(np.random.default_rng(1), 12, 0.3, 3.2)
    whole = [
        s.points if s.points[0, 0] < s.points[-1, 0] else s.points[::-1]
        for s in strokes
    ]
    halves = [
        p[: len(p) // 2] if k % 2 else p[len(p) // 2 :] for k, p in enumerate(whole)
    ]
    strokes = [Stroke(k, 0, points) for k, points in enumerate(halves)]
    apart = find_arms(strokes, drawn_arms.plane(), SETTINGS)
    monkeypatch.setattr(arms, "MERGE", 0.1)
    (arm,) = find_arms(strokes, drawn_arms.plane(), SETTINGS)
    assert [len(part.strokes) for part in apart] == [6, 6]
    assert len(arm.strokes) == 12
    assert arm.spiral.coef[1] == pytest.approx(0.3, abs=0.1)


def test_cut_drops_and_splits():
    """A loop goes; a line through the image centre becomes two pieces."""
    line = np.column_stack([np.linspace(20, 80, 61), np.full(61, 50.0)])
    loop = np.array([[0, 0], [9, 0], [9, 9], [5, 9], [5, -5], [0, -5.0]])
    pieces = cut([Stroke(0, 0, line), Stroke(1, 0, loop)], (101, 101))
    assert [(s.volunteer, len(s.points)) for s in pieces] == [(0, 28), (0, 28)]


def test_the_order_of_volunteers_hardly_matters():
    """Shuffled strokes give the same pitch angles."""
    strokes, _ = two_arms(2)
    order = np.random.default_rng(0).permutation(len(strokes))
    found = find_arms(strokes, drawn_arms.plane(), SETTINGS)
    others = find_arms([strokes[i] for i in order], drawn_arms.plane(), SETTINGS)
    np.testing.assert_allclose(
        sorted(arm.spiral.coef[1] for arm in found),
        sorted(arm.spiral.coef[1] for arm in others),
        atol=2e-3,
    )


def test_refit_on_the_same_plane_is_the_fit():
    """Nothing changed, nothing changes."""
    strokes, _ = two_arms()
    arm = fit_arm(tuple(strokes[:9]), drawn_arms.plane(), "published")
    again = refit(arm, drawn_arms.plane(), "published")
    np.testing.assert_allclose(again, arm.spiral.coef, rtol=1e-12)


def test_points_on_the_centre_do_no_harm():
    """A vertex exactly on the disk's centre has no angle, yet the arm is fitted."""
    strokes, _ = two_arms()
    points = strokes[0].points.copy()
    points[0] = drawn_arms.DISK.mux, drawn_arms.DISK.muy
    lines = (Stroke(0, 0, points), *strokes[1:9])
    arm = fit_arm(lines, drawn_arms.plane(), "published")
    assert np.isfinite(arm.spiral.coef).all()
