"""Turns and the direction of north."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.builder.images.astrometry import image_turns, north, quarter_turns

ANGLES = st.floats(-math.pi, math.pi)


@pytest.mark.parametrize(
    ("quarters", "turns"), [(0, 0), (1, 1), (-1, 1), (3, 1), (2, 2), (-2, 2), (4, 0)]
)
def test_quarters(quarters, turns):
    """Odd quarters are one turn; half a turn is told apart from none."""
    assert quarter_turns(quarters * math.pi / 2 + 0.1, 0.05) == turns


def test_half_a_turn_leaves_the_image():
    """As the published fits say."""
    assert [image_turns(t) for t in (0, 1, 2)] == [0, 1, 0]


@given(angle=ANGLES, phi=st.floats(0, 180))
def test_north_recovers_the_position_angle(angle, phi):
    """North plus the position angle is the galaxy's axis in the frame, mod 180."""
    found = north(angle, phi)
    assert -math.pi <= found <= 0
    assert math.sin(found + math.radians(phi) + angle) == pytest.approx(0, abs=1e-9)
