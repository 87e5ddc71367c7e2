"""Arms that are joined, refitted on other turns, and measured, in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from builder import drawn_arms
from skyloom.builder.aggregation import arms
from skyloom.builder.aggregation.arm_records import describe
from skyloom.builder.aggregation.arms import Arm, Stroke, fit_arm, refit
from skyloom.builder.aggregation.logspiral import LogSpiral, project
from skyloom.builder.config import ArmSettings
from skyloom.builder.model import replace

FACE_ON = replace(drawn_arms.DISK, q=1.0)
PLANE = drawn_arms.plane(FACE_ON)


def circle(radius, low, high, score=1.0):
    """Return an arm along a part of a circle [px]."""
    theta = np.linspace(low, high, 30)
    points = project(np.full(30, radius), theta, FACE_ON)
    ones, spiral = np.ones(30), np.array([np.log(radius / PLANE.width), 0.0])
    return Arm(
        (Stroke(0, 0, points),),
        ones > 0,
        np.zeros(30, int),
        ones * radius / PLANE.width,
        theta,
        ones,
        LogSpiral(spiral, np.eye(2), score),
        (low, high),
    )


def test_the_nearest_arms_are_found_by_the_shorter_one():
    """A short arm 2 px inside of a long one is 4 px² away, in squared widths."""
    made = [circle(20, 0, 3), circle(44, 0, 3), circle(42, 0.5, 1)]
    gap, i, j = arms._nearest_pair(made, PLANE)
    assert (i, j) == (1, 2)
    # The long arm is a polygon of 500 points.
    assert gap * PLANE.width**2 == pytest.approx(4, rel=1e-3)


@pytest.mark.parametrize(("part", "left"), [(0.99, 2), (1.01, 3)])
def test_spirals_within_5e_4_squared_widths_are_joined(monkeypatch, part, left):
    """As published; two at a time, the joined one in place of the first."""
    monkeypatch.setattr(arms, "fit_arm", lambda strokes, plane, rule: strokes)
    monkeypatch.setattr(arms, "good", lambda arm: True)
    apart = math.sqrt(5e-4) * part * PLANE.width
    made = [circle(10, 0, 3), circle(40, 0, 3), circle(40 + apart, 0, 3)]
    nearest = iter([arms._nearest_pair(made, PLANE), (1.0, 0, 1), (1.0, 0, 1)])
    monkeypatch.setattr(arms, "_nearest_pair", lambda arms, plane: next(nearest))
    found = arms.joined(list(made), PLANE, "crowd")
    assert len(found) == left
    if left == 2:
        assert found == [made[0], made[1].strokes + made[2].strokes]


@pytest.mark.parametrize(("score", "good"), [(0.199, False), (0.2, True)])
def test_an_arm_explains_a_fifth_of_its_variance(score, good):
    """As published."""
    assert arms.good(circle(30, 0, 3, score)) == good
    assert not arms.good(None)


@pytest.mark.parametrize("turns", [-3, -1, 1, 2])
@pytest.mark.parametrize("rule", ["crowd", "published"])
def test_an_arm_keeps_its_turn_when_it_is_fitted_again(turns, rule):
    """Theta is moved by whole turns, and ln A by b times as much the other way."""
    strokes = drawn_arms.arm(np.random.default_rng(2), 6, 0.3, 3.0)
    arm = fit_arm(tuple(strokes), drawn_arms.plane(), rule)
    moved = replace(arm, theta=arm.theta + turns * 2 * math.pi)
    log_a, b = refit(moved, drawn_arms.plane(), rule)
    # The ridge pulls ln A to 0, by a little more or less from turn to turn.
    assert b == pytest.approx(arm.spiral.coef[1], rel=0.03)
    expected = arm.spiral.coef[0] - b * turns * 2 * math.pi
    assert log_a == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_length_of_a_spiral_has_a_closed_form(sign):
    """Face on: the difference of its radii over the sine of its pitch angle."""
    strokes = drawn_arms.arm(
        np.random.default_rng(4), 6, sign * 0.35, 3.2 - sign * 0.4, FACE_ON
    )
    arm = fit_arm(tuple(strokes), PLANE, "crowd")
    part, errors, record = describe(arm, PLANE, 20, ArmSettings())
    b = record["coef"][1]
    radii = part.A * np.exp(b * np.array([record["t_min"], record["t_max"]]))
    sine = abs(b) / math.hypot(1, b)
    assert record["length"] == pytest.approx(abs(np.diff(radii)[0]) / sine, rel=1e-4)
    assert record["A"] == pytest.approx(math.exp(record["coef"][0]) * PLANE.width)
    assert (record["n_points"], record["n_lines"]) == (len(arm.kept), 6)
    points = record["points"]
    expected = part.A * np.exp(b * np.array(points["theta"]))
    assert np.median(np.array(points["r"]) / expected) == pytest.approx(1, abs=0.05)
    # Lingard et al. 2021: one per cent, a degree, and half a degree at either end.
    half = math.radians(0.5)
    published = {"A": 0.01, "phi": 1.0, "t_min": half, "t_max": half, "spread": None}
    assert errors == published


def test_measured_ends_are_the_scatter_of_single_lines():
    """Each line's first and last angle, with n - 1."""
    strokes = drawn_arms.arm(np.random.default_rng(4), 5, 0.35, 2.8, FACE_ON)
    arm = fit_arm(tuple(strokes), PLANE, "crowd")
    errors = describe(arm, PLANE, 20, ArmSettings(method="crowd"))[1]
    own = [arm.theta[arm.line == k] for k in range(5)]
    for name, end in (("t_min", np.min), ("t_max", np.max)):
        values = np.array([end(theta) for theta in own])
        mean = values.sum() / 5
        assert errors[name] == pytest.approx(np.sqrt(np.sum((values - mean) ** 2) / 4))


@pytest.mark.parametrize("name", ["mux", "muy", "q", "roll"])
def test_the_plane_s_errors_are_those_of_one_sigma(name):
    """Half of the distance between the fits at plus and minus one error."""
    strokes = drawn_arms.arm(np.random.default_rng(5), 6, 0.3, 3.0)
    plane = drawn_arms.plane()
    arm = fit_arm(tuple(strokes), plane, "crowd")
    error = {"mux": 1.5, "muy": 0.7, "q": 0.03, "roll": 0.04}[name]
    from skyloom.builder.aggregation.arm_records import covariance

    found = covariance(arm, replace(plane, errors={name: error}), "crowd")["disk"]
    at = getattr(plane.disk, name)
    low, high = (
        refit(arm, replace(plane, disk=replace(plane.disk, **{name: at + s})), "crowd")
        for s in (-error, error)
    )
    step = (high - low) / 2
    np.testing.assert_allclose(found, np.outer(step, step))
