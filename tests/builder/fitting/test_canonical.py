"""Models that look the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.builder.fitting.canonical import canonical, turned
from skyloom.builder.fitting.render import render
from skyloom.builder.model import DrawnArm, Model, Sersic, SpiralArm


@settings(max_examples=30, deadline=None)
@given(
    roll=st.floats(-4, 7),
    q=st.floats(0.5, 1.6),
    phi=st.floats(-40, 40),
    t_min=st.floats(-3, 3),
)
def test_canonical_form_looks_the_same(roll, q, phi, t_min):
    """Swapped axes and wrapped rolls leave the image alone, arms included."""
    disk = Sersic(20.0, 19.0, roll, q, 7.0, 1.0)
    model = Model(disk=disk, spiral=(SpiralArm(1.0, 1.5, 5.0, phi, t_min, t_min + 2),))
    upright = canonical(model)
    assert 0 <= upright.disk.roll < np.pi
    assert upright.disk.q <= 1
    images = [render(m, (40, 40)) for m in (model, upright)]
    # The pixel's sampling may change with the axes' names, within rtol.
    np.testing.assert_allclose(*images, atol=3e-3 * images[0].max())


def test_turned_leaves_drawn_arms():
    """A drawn polyline lies on the sky and has no frame."""
    arm = DrawnArm(np.zeros((2, 2)), 1.0, 1.0)
    assert turned(arm, 1.0) is arm


@pytest.mark.parametrize("turn", [-0.7, 0.7])
@pytest.mark.parametrize("phi", [-20.0, 20.0])
def test_turned_arm_has_a_closed_form(turn, phi):
    """Theta loses the turn, and A takes up exp(turn tan phi), either way round."""
    arm = SpiralArm(1.0, 2.0, 5.0, phi, 0.3, 2.0)
    other = turned(arm, turn, 1.3)
    assert pytest.approx(6.5 * np.exp(turn * np.tan(np.radians(phi)))) == other.A
    assert (other.t_min, other.t_max) == pytest.approx((0.3 - turn, 2.0 - turn))
    assert other.phi == phi
