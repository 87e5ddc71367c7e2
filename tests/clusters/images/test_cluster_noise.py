"""Noise: the depth that was asked for, the sources' share, the correlation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.clusters.bands import PIXEL_SCALE, flux
from skyloom.clusters.config_simulation import Images
from skyloom.clusters.images.noise import (
    add_noise,
    band_noise,
    gain,
    sky_sigma,
    smooth,
)
from skyloom.run.seeds import rng

# Worked out by hand from DES DR2's depths, white noise [counts].
EXPECTED = {"g": 2.0, "r": 2.6, "i": 4.6, "z": 8.8}


def aperture():
    """Return an aperture of 1.95 arcsec, (11, 11), its edge in tenths of a pixel."""
    fine = (np.arange(110) + 0.5) / 10 - 5.5
    inside = np.hypot(fine, fine[:, None]) < 0.975 / PIXEL_SCALE
    return inside.reshape(11, 10, 11, 10).mean(axis=(1, 3))


@pytest.mark.parametrize(("band", "expected"), EXPECTED.items())
def test_sigma_of_the_survey(band, expected):
    """White noise at DES's depths has the sigma worked out by hand."""
    depth = dict(zip("griz", Images().depth10, strict=True))[band]
    assert sky_sigma(depth) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("correlation", [0.0, 0.08, 0.25])
def test_aperture_depth_holds(correlation):
    """A source at the depth is ten times the scatter of empty apertures."""
    sigma = sky_sigma(24.0, correlation=correlation)
    empty = np.zeros((1100, 1100), np.float32)
    noisy, _ = add_noise(rng(1), empty, sigma, 20.0, correlation)
    weight = aperture()
    # The depth counts the aperture's area; pixels cut by its edge scatter less.
    edge = np.sqrt(weight.sum() / (weight**2).sum())
    corners = range(4, 1080, 12)
    boxes = np.array([noisy[y : y + 11, x : x + 11] for y in corners for x in corners])
    sums = (boxes * weight).sum(axis=(1, 2))
    error = 1 / np.sqrt(2 * sums.size)
    assert flux(24.0) / sums.std() == pytest.approx(10.0 * edge, rel=3 * error)


def test_pixel_scatter_is_lowered_by_the_correlation():
    """Single pixels scatter less than the variance says, by the stated share."""
    noisy, variance = add_noise(rng(2), np.zeros((700, 700)), 3.0, 20.0, 0.08)
    share = ((1 + 2 * 0.08**2) / (1 + 2 * 0.08) ** 2) ** 2
    assert noisy.var() / variance.mean() == pytest.approx(share, rel=0.02)
    beside = np.mean(noisy[:, 1:] * noisy[:, :-1]) / noisy.var()
    assert beside == pytest.approx(2 * 0.08 / (1 + 2 * 0.08**2), rel=0.05)


def test_gain_makes_the_sky_its_own_noise():
    """The sky's electrons have the variance of sigma."""
    counts = flux(22.01) * PIXEL_SCALE**2
    electrons = counts * gain(22.01, 2.0)
    assert np.sqrt(electrons) / gain(22.01, 2.0) == pytest.approx(2.0)


def test_sources_add_their_own_noise():
    """Scatter on a bright source is that of its electrons and the sky's."""
    noisy, variance = add_noise(rng(3), np.full((500, 500), 900.0), 2.0, 25.0)
    np.testing.assert_allclose(variance, 4 + 900 / 25)
    assert noisy.var() == pytest.approx(40.0, rel=0.02)
    assert noisy.mean() == pytest.approx(900.0, abs=0.1)


def test_negative_pixels_have_the_noise_of_the_sky():
    """Wings of an interpolated PSF below zero lower no variance."""
    _, variance = add_noise(rng(4), np.full((4, 4), -50.0), 2.0, 25.0)
    assert (variance == 4.0).all()


def test_same_seed_same_bytes_and_image_unchanged():
    """Noise depends on the generator only, and the image is left alone."""
    image = np.arange(64, dtype=np.float32).reshape(8, 8)
    kept = image.copy()
    pair = [add_noise(rng(5), image, 2.0, 25.0, 0.1)[0].tobytes() for _ in range(2)]
    assert pair[0] == pair[1]
    assert (image == kept).all()


def test_float32_out():
    """Both planes are what the file stores."""
    planes = add_noise(rng(6), np.zeros((3, 5)), 2.0, 25.0, 0.1)
    assert [p.dtype for p in planes] == [np.float32, np.float32]
    assert [p.shape for p in planes] == [(3, 5), (3, 5)]


@given(st.floats(0.0, 0.5), st.integers(2, 17), st.integers(2, 17))
def test_smoothing_keeps_the_sum(correlation, y, x):
    """A spike away from the edges keeps its sum and becomes the kernel."""
    spike = np.zeros((20, 20), np.float32)
    spike[y, x] = 1.0
    line = np.array([correlation, 1.0, correlation]) / (1 + 2 * correlation)
    smoothed = smooth(spike, correlation)
    assert smoothed.sum() == pytest.approx(1.0, abs=1e-5)
    around = smoothed[y - 1 : y + 2, x - 1 : x + 2]
    np.testing.assert_allclose(around, np.outer(line, line), atol=1e-6)


@given(st.floats(20.0, 28.0), st.floats(0.1, 1.0))
def test_a_magnitude_deeper_is_less_noise(depth, deeper):
    """Sigma falls by the flux ratio of the depths."""
    ratio = sky_sigma(depth) / sky_sigma(depth + deeper)
    assert ratio == pytest.approx(10 ** (0.4 * deeper), rel=1e-9)


def test_a_band_has_its_own_sky():
    """Sigma and gain of a band are those of its depth and sky."""
    sigma, electrons = band_noise("z", 23.3)
    assert sigma == pytest.approx(sky_sigma(23.3, correlation=0.08))
    assert electrons == pytest.approx(gain(18.72, sigma))
