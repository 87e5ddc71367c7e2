"""Lines on a continuum: width, reach, and what they are measured against."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.quasars.simulation.frame import LIGHT, PIXEL, SIZE, WAVE, pixel
from skyloom.quasars.simulation.lines import (
    Lines,
    add,
    add_depths,
    add_humps,
    add_lines,
    add_teeth,
    areas,
)

ONE = np.ones((1, 1))


def lit(rest, fwhm, z=0.0, wing=0.0, continuum=None, width=10.0):
    """Return what a line of blue and red FWHM (km/s) adds to a continuum."""
    continuum = np.ones((1, SIZE), np.float32) if continuum is None else continuum
    flux = continuum.copy()
    blue, red = (f * ONE for f in fwhm)
    line = Lines(np.array([rest]), width * ONE, 0 * ONE, blue, red, wing * ONE)
    add_lines(flux, continuum, np.array([z]), line)
    return (flux - continuum)[0]


@pytest.mark.parametrize("wing", [0.0, 0.7, 1.0])
def test_each_side_has_its_width_at_half_height(wing):
    """3000 km/s to the blue and 5000 km/s to the red: half of each is the HWHM."""
    added = lit(6000.0, (3000.0, 5000.0), wing=wing)
    speed = LIGHT * np.log(WAVE / 6000.0)
    above = speed[added > added.max() / 2]
    assert above[0] == pytest.approx(-1500, abs=PIXEL * 1.05)
    assert above[-1] == pytest.approx(2500, abs=PIXEL * 1.05)


def test_no_line_is_narrower_than_the_spectrograph():
    """One pixel of standard deviation, on both sides."""
    added = lit(WAVE[2000], (10.0, 10.0))
    assert added[1999:2002:2] / added[2000] == pytest.approx(np.exp(-0.5), rel=1e-3)


def test_lines_are_measured_against_what_lies_under_them():
    """Equivalent width against the continuum at the line, and its end off frame."""
    slope = (WAVE[None] / 5000.0).astype(np.float32)
    for rest in (4500.0, 8000.0):
        added = lit(rest, (900.0, 900.0), continuum=slope)
        area = (added * np.gradient(WAVE)).sum()
        assert area == pytest.approx(10 * rest / 5000, rel=0.012)
    below, far, red = (WAVE[0] * 10 ** (1e-4 * k) for k in (-1400, -1600, 4699 + 1400))
    assert lit(below, (3e4, 3e4), wing=1.0)[0] > 0
    assert not lit(far, (6e4, 6e4), wing=1.0).any()
    assert lit(red, (3e4, 3e4), wing=1.0)[-1] > 0
    # The same line, as far off, against ten times the light at that end.
    both = [
        lit(below, (3e4, 3e4), 0.0, 1.0, v * np.ones((1, SIZE), np.float32))[0]
        for v in (1.0, 10.0)
    ]
    assert both[1] / both[0] == pytest.approx(10, rel=1e-2)


@pytest.mark.parametrize(("z", "broad"), [(0.5, 1.0), (1.2, 1.4)])
def test_humps_have_their_width(z, broad):
    """A sigma of 40 Å at rest, by the broadening; its height stays."""
    flux = np.ones((1, SIZE), np.float32)
    template = np.array([[3000.0], [40.0], [0.5]])
    add_humps(flux, flux.copy(), np.array([z]), template, 0.4, np.array([broad]))
    above = WAVE[flux[0] > 1.1] / (1 + z)
    fwhm = np.sqrt(8 * np.log(2)) * 40 * broad
    assert above[-1] - above[0] == pytest.approx(fwhm, abs=2.5)
    assert flux.max() == pytest.approx(1.2, abs=2e-3)


def test_depths_have_the_width_of_narrow_systems():
    """180 km/s; each system in its own spectrum at its redshift."""
    depth = np.zeros((2, SIZE), np.float32)
    rest, width = np.array([WAVE[1000], WAVE[3000]]), np.array([[0.1, 0.2]])
    add_depths(depth, [1], [0.0], rest, width)
    sigma = 180 / np.sqrt(8 * np.log(2)) / PIXEL
    for place in (1000, 3000):
        ratio = depth[1, place + 1] / depth[1, place]
        assert ratio == pytest.approx(np.exp(-0.5 / sigma**2), rel=2e-4)
    area = (depth[1] * np.gradient(WAVE))[2000:].sum()
    assert area == pytest.approx(0.2, rel=0.02)
    assert not depth[0].any()
    moved = np.zeros((1, SIZE), np.float32)
    add_depths(moved, [0], [0.1], rest[:1], width[:, :1])
    assert moved[0].argmax() == pytest.approx(pixel(rest[0] * 1.1), abs=0.51)


def profile(centre, blue, red, wing, size=4000):
    """Return one line of height 2."""
    flux = np.zeros((1, size), np.float32)
    add(
        flux,
        np.zeros(1, int),
        *(np.array([float(v)]) for v in (centre, 2, blue, red, wing)),
    )
    return flux[0]


def test_profiles_are_pseudo_voigt_to_their_reach():
    """Gauss to 4.5 σ; with a Lorentzian of the same half width, to 0 at 14 σ."""
    half = np.sqrt(2 * np.log(2))
    floor = 1 / (1 + (14 / half) ** 2)
    for wing, reach in ((0.0, 4.5), (0.4, 14.0)):
        flux = profile(2000, 20, 40, wing)
        for sigma, way in ((20, -1), (40, 1)):
            for x in (0.5, 1.5, 4.0):
                lorentz = (1 / (1 + (x / half) ** 2) - floor) / (1 - floor)
                value = (1 - wing) * np.exp(-0.5 * x**2) + wing * lorentz
                found = flux[2000 + way * int(x * sigma)]
                assert found == pytest.approx(2 * value, rel=1e-5)
            end = 2000 + way * int(reach * sigma)
            assert flux[end - way] > 0
            assert not flux[end + way : end + 20 * way : way].any()
        assert flux[2000] == pytest.approx(2)


def test_lines_at_the_ends_of_a_spectrum():
    """What lies on the frame is drawn to its first and last pixel, no more."""
    whole = profile(2000, 20, 40, 0.4)
    assert profile(10, 20, 40, 0.4)[:500] == pytest.approx(whole[1990:2490], abs=1e-6)
    last = profile(3990, 20, 40, 0.4)
    assert last[3700:] == pytest.approx(whole[1710:2010], abs=1e-6)


@pytest.mark.parametrize("head", [100.0, 3.0, 380.0])
def test_bands_rise_within_pixels_and_end_after_five_lengths(head):
    """A Gaussian shoulder of 2.5 px over 8 px, then an exponential."""
    depth = np.zeros((2, 400), np.float32)
    heads, lengths = np.array([head, head]), np.array([40.0, 40.0])
    add_teeth(depth, np.array([0, 1]), heads, np.array([0.8, 0.0]), lengths)
    x = np.arange(400) - head
    expected = 0.8 * np.where(x < 0, np.exp(-0.5 * (x / 2.5) ** 2), np.exp(-x / 40.0))
    expected[(x < -8) | (x > 200)] = 0
    assert depth[0] == pytest.approx(expected, rel=1e-5)
    assert not depth[1].any()


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
