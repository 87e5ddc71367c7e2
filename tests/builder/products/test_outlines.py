"""Outlines of components."""

import math

import invented_galaxy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.builder.aggregation.logspiral import project
from skyloom.builder.model import DrawnArm, Sersic
from skyloom.builder.products import outlines


@settings(deadline=None)
@given(
    q=st.floats(0.1, 1.0), c=st.floats(1.0, 6.0), roll=st.floats(0, math.pi),
    Re=st.floats(0.5, 50),
)  # fmt: skip
def test_isophote_lies_at_the_boxy_radius(q, c, roll, Re):
    """Every point has the boxy-elliptical radius Re of the model's definition."""
    part = Sersic(3.0, -2.0, roll, q, Re, 1.0, c=c)
    dx, dy = (outlines.isophote(part) - (3.0, -2.0)).T
    u = np.cos(roll) * dx + np.sin(roll) * dy
    v = -np.sin(roll) * dx + np.cos(roll) * dy
    radius = (np.abs(u / q) ** c + np.abs(v) ** c) ** (1 / c)
    assert np.allclose(radius, Re, rtol=1e-6)


def test_roll_zero_points_up():
    """At roll 0 the major axis is along +y; it turns counter-clockwise."""
    upright = outlines.isophote(Sersic(0, 0, 0.0, 0.5, 4.0, 1.0))
    assert np.abs(upright).max(axis=0) == pytest.approx([2.0, 4.0], abs=1e-6)
    tilted = outlines.isophote(Sersic(0, 0, 0.3, 0.1, 4.0, 1.0))
    x, y = tilted[np.argmax(tilted[:, 1])]
    assert x < 0 < y


def test_bar_is_drawn_as_a_rectangle():
    """A bar's outline has four corners at half-length Re; others are ellipses."""
    corners = outlines.drawn("bar", Sersic(1.0, 1.0, 0.0, 0.25, 4.0, 1.0))
    assert corners.shape == (5, 2)
    assert corners.min(axis=0) == pytest.approx([0.0, -3.0])
    assert corners.max(axis=0) == pytest.approx([2.0, 5.0])
    assert len(outlines.drawn("disk", invented_galaxy.DISK)) > 5


def test_points_in_the_disk_plane_fall_on_their_arm():
    """The plane's polar coordinates carry an arm's points onto its ridge."""
    disk, arm = invented_galaxy.DISK, invented_galaxy.ARMS[0]
    theta = np.linspace(arm.t_min, arm.t_max, 100)
    r = arm.A * np.exp(theta * np.tan(np.radians(arm.phi)))
    found = project(r, theta, disk)
    assert np.allclose(found, outlines.arm_line(disk, arm), atol=1e-9)


def test_drawn_arm_is_its_own_line():
    """A stroke is returned as drawn."""
    points = np.array([[0.0, 1.0], [2.0, 3.0]])
    line = outlines.arm_line(invented_galaxy.DISK, DrawnArm(points, 1.0, 1.0))
    assert np.array_equal(line, points)
