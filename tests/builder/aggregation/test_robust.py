"""Tests of `skyloom.builder.aggregation.robust`."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from builder import drawn_arms
from skyloom.builder.aggregation import robust
from skyloom.builder.aggregation.arm_records import describe, replaned
from skyloom.builder.aggregation.arms import Stroke, fit_arm
from skyloom.builder.aggregation.logspiral import project
from skyloom.builder.config import ArmSettings
from skyloom.builder.model import Model, SpiralArm, replace
from skyloom.builder.simulation.crowd import read_crowd
from skyloom.builder.simulation.strokes import draw_following, draw_habits

CROWD = Path(__file__).parents[3] / "resources" / "builder_crowd.json"
CROWD_ARMS = ArmSettings(method="crowd")


def pitch(arm):
    """Return the pitch angle [deg] of a fitted arm."""
    return math.degrees(math.atan(arm.spiral.coef[1]))


def hooked(rng, n, phi):
    """Return n volunteers' lines that run from the nucleus out into an arm."""
    b = math.tan(math.radians(phi))
    strokes = []
    for k in range(n):
        theta = np.linspace(0, math.copysign(rng.uniform(2.0, 2.6), phi), 50)
        log_r = math.log(25) + b * theta + 0.03 * rng.normal()
        inside = np.linspace(math.log(3), log_r[0], 20, endpoint=False)
        theta, log_r = np.r_[np.full(20, theta[0]), theta], np.r_[inside, log_r]
        points = project(np.exp(log_r), theta, drawn_arms.DISK)
        strokes.append(Stroke(k, 0, points))
    return tuple(strokes)


@pytest.mark.parametrize("phi", [12.0, 20.0, -17.6])
def test_hooks_into_the_nucleus_do_not_steepen_an_arm(phi):
    """They do so in a plain straight line."""
    strokes = hooked(np.random.default_rng(1), 8, phi)
    found = fit_arm(strokes, drawn_arms.plane(), "crowd")
    assert abs(pitch(found)) == pytest.approx(abs(phi) + robust.LEAN, abs=2)
    every = [project_back(s) for s in strokes]
    theta, log_r = (np.concatenate(column) for column in zip(*every, strict=True))
    plain = robust.straight(theta, log_r, np.ones(len(theta)))
    assert abs(math.degrees(math.atan(plain[1]))) > abs(phi) + 3


def project_back(stroke):
    """Return theta and ln r of a line in the plane."""
    dx, dy = (stroke.points - [drawn_arms.DISK.mux, drawn_arms.DISK.muy]).T
    c, s = math.cos(drawn_arms.DISK.roll), math.sin(drawn_arms.DISK.roll)
    u, v = (c * dx + s * dy) / drawn_arms.DISK.q, -s * dx + c * dy
    return np.arctan2(v, u), np.log(np.hypot(u, v))


def test_simulated_volunteers_draw_arms_without_bias():
    """Pitch angles are unbiased and scatter by 3 deg or so, with measured faults.

    The published weights are 3.1 deg too low here.
    """
    crowd = read_crowd(CROWD)["strokes"]
    rng, away = np.random.default_rng(12), []
    for k in range(60):
        phi = rng.uniform(9, 34) * (-1) ** k
        b = math.tan(math.radians(phi))
        ends = np.sort([0, math.copysign(min(1.2 / abs(b), 5), phi)])
        arm = SpiralArm(0.5, 3.0, 20.0, phi, *ends)
        model = Model(drawn_arms.DISK, spiral=(arm,))
        lines = [
            draw_following(model, 0, crowd, draw_habits(crowd, rng)[0], rng)
            for _ in range(9)
        ]
        strokes = [Stroke(i, 0, p) for i, p in enumerate(lines) if len(p) > 5]
        found = fit_arm(tuple(strokes), drawn_arms.plane(), "crowd")
        away.append((pitch(found) - phi) * np.sign(phi))
    assert abs(np.median(away)) < 1.2  # of 60 arms: 0.5 deg, and twice its own error
    assert np.std(np.clip(away, -15, 15)) < 4


def test_vertices_stand_for_the_angle_they_cover():
    """However densely a line was drawn, and lines do not run into each other."""
    theta, line = np.array([0, 0.1, 0.4, 1.0, 9.0, 9.5]), np.array([0, 0, 0, 0, 1, 1])
    expected = [0.05, 0.2, 0.45, 0.3, 0.25, 0.25]
    np.testing.assert_allclose(robust.covered(theta, line), expected)


def test_a_line_is_opened_about_the_mean_of_its_points():
    """By degrees, away from zero, whatever the chirality."""
    theta, weight = np.array([0.0, 1, 2]), np.array([1.0, 1, 2])
    for sign in (-1, 1):
        coef = np.array([3.0, sign * math.tan(math.radians(20))])
        after = robust.steeper(coef, theta, weight, 2.0)
        assert math.degrees(math.atan(after[1])) == pytest.approx(sign * 22)
        assert after @ [1, 1.25] == pytest.approx(coef @ [1, 1.25])


def test_an_arm_in_the_plane_of_another_disk():
    """The same plane gives the record; the true one takes a wrong plane's bias away."""
    rng = np.random.default_rng(3)
    strokes = tuple(drawn_arms.arm(rng, 9, 0.35, 3.0))
    wrong = replace(drawn_arms.DISK, q=0.75, roll=0.85)
    records = [
        describe(fit_arm(strokes, plane, "crowd"), plane, 30, CROWD_ARMS)
        for plane in (drawn_arms.plane(wrong), drawn_arms.plane())
    ]
    (part, _, off), (right, _, _) = records
    same = replaned(off, wrong, wrong)
    assert same["phi"] == pytest.approx(part.phi, abs=1e-6)
    assert same["A"] == pytest.approx(part.A, rel=1e-6)
    assert same["t_min"] == pytest.approx(part.t_min)
    again = replaned(off, wrong, drawn_arms.DISK)
    assert abs(again["phi"] - right.phi) < 1.0 < abs(part.phi - right.phi)
    assert again["t_max"] == pytest.approx(right.t_max, abs=0.2)
    assert np.linalg.eigvalsh(again["covariance"]).min() > 0
