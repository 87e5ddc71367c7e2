"""Sigma images."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
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
