"""Shifts and broadening on the logarithmic grid."""

import numpy as np
import pytest
from skyloom.spectra.simulation.kinematics import moved, shifted

PIXELS = 2000


def line(centre, sigma):
    x = np.arange(PIXELS) - np.float64(centre)
    return np.exp(-0.5 * (x / sigma) ** 2) / sigma / np.sqrt(2 * np.pi)


def through(flux, shift, sigma):
    shift, sigma = (np.atleast_1d(np.float64(x)) for x in (shift, sigma))
    return shifted(moved(np.float32(flux)[None], shift, sigma), flux.size)[0]


@pytest.mark.parametrize("shift", [0.0, 0.37, -5.5, 120.25, 611.911])
@pytest.mark.parametrize("sigma", [0.0, 0.3, 1.7, 6.2])
def test_a_gaussian_line_stays_the_gaussian_line(shift, sigma):
    seen = through(line(900.0, 2.0), shift, sigma)
    exact = line(900.0 + shift, np.hypot(2.0, sigma))
    assert np.abs(seen - exact).max() < 2e-5 * exact.max()


def test_light_is_conserved():
    rng = np.random.default_rng(0)
    flux = np.zeros(PIXELS)
    flux[300:-300] = rng.uniform(0, 1, PIXELS - 600)
    assert through(flux, 0.4, 5.0).sum() == pytest.approx(flux.sum(), rel=1e-5)


def test_a_flat_spectrum_stays_flat():
    assert np.allclose(through(np.full(PIXELS, 3.0), 7.3, 4.0), 3.0, rtol=1e-5)


def test_the_ends_disturb_only_themselves():
    slope = np.linspace(1, 4, PIXELS)
    seen = through(slope, 0.5, 4.0)
    exact = slope - 0.5 * (slope[1] - slope[0])
    assert np.abs(seen - exact)[20:-20].max() < 1e-3


def test_sums_may_be_taken_before_the_inverse():
    a, b = line(500, 2.0), line(700, 3.0)
    one, two = np.ones(1), np.full(1, 2.0)
    total = moved(np.float32(a)[None], one, two) + moved(np.float32(b)[None], two, one)
    apart = through(a, 1, 2) + through(b, 2, 1)
    assert np.allclose(shifted(total, PIXELS)[0], apart, atol=1e-6)
