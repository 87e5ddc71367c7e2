"""Line profiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.quasars.simulation.frame import LIGHT, SIZE, WAVE
from skyloom.quasars.simulation.lines import (
    Lines,
    add,
    add_depths,
    add_humps,
    add_lines,
    add_teeth,
    areas,
)


def _one(centre, height, blue, red, wing):
    flux = np.zeros((2, 3000), dtype=np.float32)
    values = (np.array([float(v)]) for v in (centre, height, blue, red, wing))
    add(flux, np.array([1]), *values)
    return flux


@settings(max_examples=40, deadline=None)
@given(
    st.floats(1200, 1800), st.floats(2, 60), st.floats(2, 60), st.floats(0, 1)
)  # fmt: skip
def test_area_is_the_sum_over_pixels(centre, blue, red, wing):
    """`areas` is what `add` adds, for every shape, and other rows stay empty."""
    flux = _one(centre, 1.0, blue, red, wing)
    expected = areas(np.array(blue), np.array(red), np.array(wing))
    assert flux[1].sum() == pytest.approx(expected, rel=0.01)
    assert not flux[0].any()


def test_half_height_is_where_it_should_be():
    """Gaussian and Lorentzian share the width at half height, 1.177 sigma."""
    for wing in (0.0, 1.0):
        flux = _one(1500, 1.0, 100, 50, wing)[1]
        assert flux[1500 - 118] == pytest.approx(0.5, abs=0.01)
        assert flux[1500 + 59] == pytest.approx(0.5, abs=0.01)


def test_lines_off_the_frame_leave_it_alone():
    """A centre far off changes nothing; a near one lets its wing in."""
    assert not _one(-500, 1.0, 20, 20, 0.5).any()
    assert _one(-10, 1.0, 20, 20, 0.5)[1, 0] > 0.5


def test_teeth_fall_to_the_red():
    """A band rises within pixels at its head and fades over its length."""
    depth = np.zeros((1, 500), dtype=np.float32)
    add_teeth(depth, np.array([0]), *(np.array([v]) for v in (100.0, 0.8, 50.0)))
    assert depth[0, 100] == pytest.approx(0.8)
    assert depth[0, 150] == pytest.approx(0.8 / np.e, rel=1e-5)
    assert depth[0, 85] == 0


@pytest.mark.parametrize("z", [1.9, 2.6, 3.4])
def test_equivalent_width_is_of_the_rest_frame(z):
    """∫ (F/C - 1) dλ / (1+z) is the width that was asked for."""
    continuum = np.ones((1, SIZE), dtype=np.float32)
    flux, one = continuum.copy(), np.ones((1, 1))
    line = Lines(
        np.array([1549.06]), 40 * one, 0 * one, 5000 * one, 3000 * one, 0 * one
    )
    add_lines(flux, continuum, np.array([z]), line)
    width = ((flux[0] - 1) * np.gradient(WAVE)).sum() / (1 + z)
    assert width == pytest.approx(40, rel=0.02)


def test_shift_moves_the_peak():
    """A line shifted by -1000 km/s peaks there."""
    continuum = np.ones((1, SIZE), dtype=np.float32)
    flux, one = continuum.copy(), np.ones((1, 1))
    line = Lines(np.array([1909.0]), one, -1000 * one, 900 * one, 900 * one, 0 * one)
    add_lines(flux, continuum, np.array([2.0]), line)
    assert WAVE[flux[0].argmax()] == pytest.approx(5727 * (1 - 1000 / LIGHT), rel=2e-4)


def test_humps_have_the_height_of_the_template():
    """A hump of relative height 0.5 and strength 0.2 rises by 0.1."""
    flux = np.ones((1, SIZE), dtype=np.float32)
    template, one = np.array([[2500.0], [40.0], [0.5]]), np.ones(1)
    add_humps(flux, flux.copy(), np.array([1.0]), template, 0.2 * one[:, None], one)
    assert flux.max() == pytest.approx(1.1, abs=2e-3)


def test_depths_of_weak_lines_have_their_width():
    """The absorbed area of a weak line is its equivalent width."""
    depth = np.zeros((1, SIZE), dtype=np.float32)
    rest, width = np.array([2796.35]), np.array([[0.05]])
    add_depths(depth, np.array([0]), np.array([1.0]), rest, width)
    lost = ((1 - np.exp(-depth[0])) * np.gradient(WAVE)).sum() / 2
    assert lost == pytest.approx(0.05, rel=0.05)
