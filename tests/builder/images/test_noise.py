"""Sigma images."""

import numpy as np
import pytest
from astropy.stats import sigma_clip
from scipy.ndimage import gaussian_filter
from scipy.stats import truncnorm
from skyloom.builder.config import Noise
from skyloom.builder.images import noise
from skyloom.builder.images.noise import sigma_from_sky_and_gain, sky_rms

SHAPE = (120, 120)
CLEAR = np.zeros(SHAPE, bool)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def galaxy(peak=1.0, size=12.0):
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return peak * np.exp(-np.hypot(x - 59.5, y - 59.5) / size)


def test_sky_of_white_noise(rng):
    """Known noise is found within its sampling error."""
    image = rng.normal(0.3, 0.02, SHAPE)
    assert sky_rms(image, CLEAR) == pytest.approx(0.02, rel=0.03)


def test_sky_below_a_galaxy_and_stars(rng):
    """Source light and a gradient do not count as noise."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    image = galaxy() + 1e-3 * x + rng.normal(0, 0.02, SHAPE)
    for row, column in ((5, 5), (100, 110), (8, 90)):
        image += np.exp(-(np.hypot(x - column, y - row) ** 2) / 3)
    assert sky_rms(image, CLEAR) == pytest.approx(0.02, rel=0.06)


def test_masked_pixels_do_not_count(rng):
    """Neither do pixels that are not numbers."""
    image = rng.normal(0, 0.02, SHAPE)
    mask = CLEAR.copy()
    mask[:10] = True
    image[:10] = 1e6
    image[50:60, :10] = np.nan
    assert sky_rms(image, mask) == pytest.approx(0.02, rel=0.05)


def test_variance_is_linear_in_the_light(rng):
    """Var - var_sky = light * calibration / (gain * multiplier)."""
    image = galaxy() + rng.normal(0, 0.01, SHAPE)
    noise = Noise(gain=12.0, calibration=0.006)
    sigma = sigma_from_sky_and_gain(image, CLEAR, 1.5, noise)
    photons = sigma**2 - sky_rms(image, CLEAR) ** 2
    light = galaxy() * 0.006 / (12.0 * 1.5)
    bright = (galaxy() > 0.1) & (galaxy() < 0.8)
    assert np.median(photons[bright] / light[bright]) == pytest.approx(1, abs=0.02)


def test_weights_do_not_follow_the_noise(rng):
    """The weighted mean of a flat patch is its level: no bias towards faint pixels."""
    unit = 4.7 / 0.005
    image = rng.poisson(0.1 * unit, SHAPE) / unit
    sigma = sigma_from_sky_and_gain(image, CLEAR, 1.0, Noise())
    mean = np.average(image, weights=sigma**-2)
    assert mean == pytest.approx(0.1, abs=4 * 0.01 / np.sqrt(image.size))


def test_sigma_of_simulated_photons(rng):
    """The scatter of many Poissonian exposures is the sigma."""
    gain, calibration, multiplier, sky = 4.7, 0.005, 1.2, 300.0
    unit = gain / calibration * multiplier  # electrons an image unit
    truth = galaxy(0.8, size=6.0)
    shots = rng.poisson(truth * unit + sky, (60, *SHAPE))
    images = (shots - sky) / unit
    sigma = sigma_from_sky_and_gain(images[0], CLEAR, multiplier, Noise())
    ratio = np.std(images, axis=0) / sigma
    assert np.median(ratio) == pytest.approx(1, abs=0.03)
    assert np.median(ratio[50:70, 50:70]) == pytest.approx(1, abs=0.06)


def test_no_sky_no_sigma():
    """A constant image and a fully masked one are refused."""
    with pytest.raises(ValueError, match="does not vary"):
        sky_rms(np.ones(SHAPE), CLEAR)
    with pytest.raises(ValueError, match="0 good pixels"):
        sky_rms(np.ones(SHAPE), ~CLEAR)


def test_smoothing_takes_the_noise_it_is_said_to_take():
    """A unit pixel less its smoothed self keeps the variance 1 - taken."""
    pixel = np.zeros((81, 81))
    pixel[40, 40] = 1.0
    left = pixel - gaussian_filter(pixel, noise.WIDTH)
    assert 1 - np.sum(left**2) == pytest.approx(noise._taken(), rel=0.01)


def test_sky_is_measured_outside_of_085_half_sides(rng):
    """Of the shorter side, about the middle of a wide or a tall image."""
    for shape in ((101, 141), (141, 101)):
        away = noise.outer_residual(rng.normal(0, 0.02, shape), np.zeros(shape, bool))
        row, column = shape[0] // 2, shape[1] // 2
        # 0.85 times 50.5 pixels are 42.9.
        for step, there in ((42, False), (-42, False), (43, True), (-43, True)):
            assert np.isfinite(away[row + step, column]) == there
            assert np.isfinite(away[row, column + step]) == there


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_skewed_sky_is_cut_about_its_median(rng, sign):
    """As astropy's clipping at 3 sigma does, until nothing changes."""
    values = sign * rng.lognormal(0.0, 0.6, 4000)
    kept = sigma_clip(values, sigma=3, maxiters=None, cenfunc="median", stdfunc="std")
    assert noise._clipped_rms(values) == pytest.approx(kept.std(), rel=1e-9)


def test_clipping_loses_a_known_part_of_the_rms():
    """That of a Gaussian cut at 3 sigma on both sides."""
    assert truncnorm(-3, 3).std() == pytest.approx(noise.CLIPPED_RMS, abs=5e-5)


@pytest.mark.parametrize(("n", "enough"), [(19, False), (20, True)])
def test_twenty_pixels_are_the_least(rng, n, enough):
    """Outside of the galaxy, good ones."""
    image, mask = rng.normal(0, 0.02, SHAPE), ~CLEAR
    mask[0, :n] = False
    if enough:
        assert sky_rms(image, mask) > 0
    else:
        with pytest.raises(ValueError, match="19 good pixels"):
            sky_rms(image, mask)


def test_a_source_and_its_surroundings_are_left_out(rng):
    """Two by two bright or dark pixels with three about them; lone ones are noise."""
    image = rng.normal(0, 0.02, SHAPE)
    image[5:7, 60:62] = 0.15
    image[113:115, 60:62] = -0.15
    image[60, 2] = 0.15
    left = noise.outer_residual(image, CLEAR)
    for row in (5, 113):
        assert np.isnan(left[row, [57, 58, 60, 61, 64]]).all()
        assert np.isfinite(left[row, [56, 65]]).all()
    assert np.isfinite(left[60, 2])


def test_light_is_the_mean_of_the_good_pixels_nearby():
    """A bad pixel counts neither way; negative light has no photons."""
    image, mask = np.full(SHAPE, 0.4), CLEAR.copy()
    mask[50:52, 60], image[50:52, 60] = True, 1e4
    np.testing.assert_allclose(noise._smooth(image, ~mask, noise.LIGHT), 0.4)
    point = np.zeros(SHAPE)
    point[60, 60] = 1.0
    spread = noise._smooth(point, ~CLEAR, noise.LIGHT)
    # A Gaussian of 1 px: its second moment is its variance.
    x = np.arange(SHAPE[1]) - 60
    assert np.sum(spread * x**2) == pytest.approx(1.0, rel=0.01)
    dark = -np.ones(SHAPE) + np.random.default_rng(1).normal(0, 0.02, SHAPE)
    sigma = sigma_from_sky_and_gain(dark, CLEAR, 1.0, Noise())
    np.testing.assert_allclose(sigma, sky_rms(dark, CLEAR))
