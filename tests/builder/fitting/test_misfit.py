"""How far residuals exceed independent noise."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skyloom.builder.fitting.misfit import BLOCK, inflation, misfit, sky_error
from skyloom.builder.fitting.settle import settle
from skyloom.builder.model import Model, Sersic, replace
from synthetic import SCATTER, TRUTH, crowd_start, observed

SHAPE = (300, 310)
DISK = Sersic(155.0, 150.0, 0.4, 0.8, 70.0, 1.0)
CLEAR = np.zeros(SHAPE, bool)


def white(seed=0):
    return np.random.default_rng(seed).standard_normal(SHAPE)


def test_white_noise_has_none():
    """Sums of independent residuals are as large as their number says."""
    found = [inflation(white(seed), CLEAR, DISK) for seed in range(5)]
    assert np.mean(found) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("width", [0.7, 1.5])
def test_correlated_noise_has_that_of_a_block_s_sum(width):
    """The variance of a sum is that of all pairs of its pixels."""
    noise = gaussian_filter(white(1), width, truncate=6)
    noise /= noise.std()
    lag = np.arange(-BLOCK + 1, BLOCK)
    pairs = (1 - np.abs(lag) / BLOCK) * np.exp(-(lag**2) / (4 * width**2))
    found = inflation(noise, CLEAR, DISK)
    assert found == pytest.approx(pairs.sum() ** 2, rel=0.25)
    assert found > 3


def test_larger_residuals_have_more():
    """It is that of squares; residuals below the noise count as noise."""
    noise = white(2)
    one = inflation(3 * noise, CLEAR, DISK)
    assert inflation(6 * noise, CLEAR, DISK) == pytest.approx(4 * one)
    assert inflation(0.1 * noise, CLEAR, DISK) == 1.0


def test_an_offset_counts_with_all_pixels_of_a_block():
    """Light of one sign adds up over a block."""
    assert inflation(np.full(SHAPE, 0.5), CLEAR, DISK) == pytest.approx(
        0.25 * BLOCK**2, rel=0.1
    )


def test_masked_and_distant_pixels_do_not_count():
    """What is wild at a bad pixel or far outside the galaxy changes nothing."""
    noise, mask = white(3), np.zeros(SHAPE, bool)
    mask[140:150, 120:190] = True
    plain = inflation(noise, mask, DISK)
    noise[mask], noise[:9, :9] = 1e6, 1e6
    assert inflation(noise, mask, DISK) == plain
    assert inflation(noise, np.ones(SHAPE, bool), DISK) == 1.0


def test_of_a_fit():
    """A fit of the right model has none; with sigma too small it has the factor."""
    right = settle(crowd_start(), SCATTER, observed(), 60)
    assert misfit(right) < 1.5
    pixels = observed()
    pixels.sigma /= 4
    assert misfit(settle(crowd_start(), SCATTER, pixels, 60)) > 2


def test_without_a_disk_chisq_is_all_there_is():
    """A lone bulge gives no radius within which the galaxy is."""
    bulge = Model(bulge=Sersic(31.0, 30.0, 0.4, 0.8, 6.0, 0.5))
    pixels = observed(bulge)
    pixels.sigma /= 2
    fit = settle(bulge, None, pixels, 60)
    assert misfit(fit) == pytest.approx(fit.chisq / len(fit.problem.data))


def lifted(level, noise=0.01):
    """Return pixels of a galaxy under a sky that is off by a level."""
    pixels = observed(noise=noise, shape=(120, 124))
    pixels.image += level
    return pixels


@pytest.mark.parametrize("level", [0.004, -0.004])
def test_an_error_of_the_sky_is_as_large_as_its_level(level):
    """The galaxy is smaller than its image, so that the residuals show the level."""
    found = sky_error(settle(crowd_start(), SCATTER, lifted(level), 60))
    assert found == pytest.approx(abs(level), rel=0.5)


def test_the_error_of_a_right_sky_is_that_of_its_noise():
    """That of a mean over the pixels around the galaxy, in the image's units."""
    found = [
        sky_error(settle(crowd_start(), SCATTER, lifted(0.0, noise), 60))
        for noise in (0.01, 0.02)
    ]
    assert found[0] < 3 * 0.01 / np.sqrt(120 * 124 / 2)
    assert found[1] == pytest.approx(2 * found[0], rel=0.2)


def test_a_tiny_image_has_an_error_of_the_sky():
    """Where there are no blocks around the galaxy, all pixels tell."""
    found = sky_error(settle(crowd_start(), SCATTER, observed(noise=0.01), 60))
    assert 0 < found < 0.01
    small = observed(Model(disk=replace(TRUTH.disk, mux=7.5, muy=7.0, Re=2.0)),
                     shape=(15, 16), noise=0.01)  # fmt: skip
    disk = Model(disk=replace(TRUTH.disk, mux=7.4, muy=7.1, Re=2.2))
    assert 0 < sky_error(settle(disk, None, small, 60)) < 0.01
