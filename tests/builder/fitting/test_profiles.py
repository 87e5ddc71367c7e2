"""Pixel integrals of Sérsic profiles, against brute force and calculus."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gammaincinv
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.profiles import (
    FAINT,
    PARTIALS,
    integrate_sersic,
    sersic_b,
    sersic_b_slope,
)
from skyloom.builder.model import Sersic

SHAPE = (21, 23)
PROFILES = {
    "disk": (11.2, 9.7, 0.6, 0.45, 6.0, 1.0, 2.0),
    "cusp": (11.2, 9.7, 0.6, 0.7, 2.0, 4.0, 2.0),
    "on a pixel": (11.0, 10.0, 0.0, 0.9, 1.0, 2.5, 2.0),
    "sub-pixel": (11.4, 10.4, 1.0, 0.8, 0.4, 1.0, 2.0),
    "boxy": (11.2, 9.7, 2.0, 0.25, 4.0, 0.6, 3.5),
    "flat": (11.2, 9.7, 2.0, 0.3, 4.0, 0.3, 2.0),
    "flat and boxy": (11.2, 9.7, 0.4, 0.5, 5.0, 0.35, 3.0),
    "flat and disky": (11.2, 9.7, 0.4, 0.5, 5.0, 0.45, 1.5),
    "disky": (11.2, 9.7, 2.0, 0.3, 4.0, 0.8, 1.0),
}


def midpoint(mux, muy, roll, q, Re, n, c, fine):
    """Average a profile over fine x fine points a pixel, by plain numpy."""
    offsets = (np.arange(fine) + 0.5) / fine - 0.5
    y, x = (np.add.outer(np.arange(k), offsets).ravel() for k in SHAPE)
    dx, dy = x[None, :] - mux, y[:, None] - muy
    u = np.cos(roll) * dx + np.sin(roll) * dy
    v = np.cos(roll) * dy - np.sin(roll) * dx
    R = (np.abs(u / q) ** c + np.abs(v) ** c) ** (1 / c)
    image = np.exp(-sersic_b(n) * ((R / Re) ** (1 / n) - 1))
    return image.reshape(SHAPE[0], fine, SHAPE[1], fine).mean((1, 3))


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("rtol", [1e-2, 1e-3, 1e-4])
def test_error_stays_below_rtol(name, rtol):
    """Each pixel meets the stated error, against 101 x 101 points a pixel."""
    truth = midpoint(*PROFILES[name], fine=101)
    image = integrate_sersic(*SHAPE, *PROFILES[name], rtol, False)[0]
    away = np.ones(SHAPE, bool)
    if name in ("cusp", "on a pixel", "sub-pixel"):
        # There the brute force is the less exact one: see the test of the flux.
        away[8:13, 9:14] = False
    error = np.abs(image - truth)[away]
    assert (error <= rtol * (truth[away] + FAINT) + 3e-5 * truth[away]).all()


@pytest.mark.parametrize("name", ["cusp", "on a pixel", "sub-pixel", "disky"])
def test_flux_of_compact_profiles(name):
    """The light of a cusp is whole: the sum over a wide frame is the known total."""
    _, _, roll, q, Re, n, c = PROFILES[name]
    frame = integrate_sersic(301, 301, 150.3, 149.6, roll, q, Re, n, c, 1e-5, False)[0]
    total = total_flux(Sersic(0, 0, roll, q, Re, 1.0, n, c))
    if name == "cusp":  # n = 4 has one part in a thousand beyond 75 Re
        assert frame.sum() == pytest.approx(total, rel=2e-3)
    else:
        assert frame.sum() == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("name", PROFILES)
def test_partials_are_the_slopes(name):
    """The closed-form partials agree with central differences."""
    at = np.array(PROFILES[name])
    partials = integrate_sersic(*SHAPE, *at, 1e-6, True)[1:]
    for k, key in enumerate(PARTIALS):
        step = np.zeros(7)
        step[k] = 1e-4
        up = integrate_sersic(*SHAPE, *(at + step), 1e-7, False)[0]
        down = integrate_sersic(*SHAPE, *(at - step), 1e-7, False)[0]
        slope = (up - down) / 2e-4
        # A cusp has no slope by position in its own pixel, only an average of one.
        tolerance = 2e-2 if key in ("mux", "muy", "c") else 1e-3
        error = np.linalg.norm(slope - partials[k])
        assert error <= tolerance * np.linalg.norm(slope) + 1e-9, key


@settings(max_examples=25, deadline=None)
@given(
    roll=st.floats(0, np.pi),
    q=st.floats(0.1, 1.0),
    Re=st.floats(0.3, 30),
    n=st.floats(0.4, 5),
    c=st.floats(1.0, 4.0),
)
def test_symmetries(roll, q, Re, n, c):
    """Half a turn changes nothing; a mirror is a mirrored image."""
    image = integrate_sersic(15, 15, 7.0, 7.0, roll, q, Re, n, c, 1e-3, False)[0]
    np.testing.assert_allclose(image, image[::-1, ::-1], rtol=1e-6, atol=1e-12)
    other = integrate_sersic(15, 15, 7.0, 7.0, -roll, q, Re, n, c, 1e-3, False)[0]
    np.testing.assert_allclose(image, other[:, ::-1], rtol=5e-3, atol=1e-6)


@given(st.floats(0.4, 10))
def test_sersic_b_encloses_half_the_light(n):
    """b_n is the median of a gamma distribution, by scipy's inverse."""
    assert sersic_b(n) == pytest.approx(gammaincinv(2 * n, 0.5), rel=2e-3)
    slope = (sersic_b(n + 1e-5) - sersic_b(n - 1e-5)) / 2e-5
    assert sersic_b_slope(n) == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize(
    ("n", "error"),
    [(0.36, 4e-4), (0.5, 4e-4), (0.7, 1.2e-4), (1.0, 3e-5), (2.0, 2e-6), (4.0, 1e-7)],
)
def test_sersic_b_is_as_good_as_its_series(n, error):
    """The remainder falls as n^-5: every term of Ciotti & Bertin counts."""
    assert sersic_b(n) == pytest.approx(gammaincinv(2 * n, 0.5), rel=error)
    slope = (sersic_b(n + 1e-5) - sersic_b(n - 1e-5)) / 2e-5
    assert sersic_b_slope(n) == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize(("n", "c"), [(0.5, 2.0), (1.0, 3.0), (3.0, 1.5)])
def test_the_total_light_is_that_of_the_profile(n, c):
    """By quadrature over ellipses of area pi q R² / R_c, Peng et al. 2002."""
    part = Sersic(0, 0, 0.3, 0.4, 3.0, 2.0, n, c)
    b = sersic_b(n)
    whole, _ = quad(lambda r: 2 * r * np.exp(-b * ((r / 3) ** (1 / n) - 1)), 0, np.inf)
    boxy, _ = quad(lambda x: 4 * (1 - x**c) ** (1 / c), 0, 1)
    assert total_flux(part) == pytest.approx(2.0 * 0.4 * boxy * whole, rel=1e-5)
