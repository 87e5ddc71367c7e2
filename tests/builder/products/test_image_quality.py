"""Seams of images, and the width of a PSF."""

import numpy as np
import pytest
from builder.synthetic import gaussian_psf, observed
from skyloom.builder.model import Model, Sersic
from skyloom.builder.products.image_quality import fwhm, has_seam


def galaxy(seed=0, noise=0.05):
    """Return image, sigma and mask of a small galaxy with a bulge and an arm."""
    made = observed(seed=seed, noise=noise)
    return made.image, made.sigma, made.mask


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_a_galaxy_is_no_seam(seed, noise):
    """Neither its core nor its arm, nor the noise, nor wild pixels that are masked."""
    assert not has_seam(*galaxy(seed, noise))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("kind", ["dark line", "step"])
def test_lines_and_steps_are_seams(kind, turned):
    """Three sigma over the whole of a row or column, which no eye misses."""
    image, sigma, mask = galaxy()
    image = image.T.copy() if turned else image.copy()
    image[20 if kind == "dark line" else slice(20, None)] -= 3 * 0.05
    image = image.T if turned else image
    assert has_seam(image, sigma, mask)


@pytest.mark.parametrize("row", [1, 2, -2])
def test_a_step_near_the_edge_is_a_seam(row):
    """Beyond the edge nothing speaks against it."""
    image, sigma, mask = galaxy()
    image = image.copy()
    image[row:] -= 6 * 0.05
    assert has_seam(image, sigma, mask)


@pytest.mark.parametrize("turned", [False, True])
def test_a_thin_disk_along_the_pixels_is_no_seam(turned):
    """It stands off in the middle of the image, and not at its ends."""
    disk = Sersic(31.5, 30.0, np.pi / 2, 0.05, 12.0, 1.0)
    made = observed(Model(disk=disk), noise=0.02)
    image, sigma, mask = made.image, made.sigma, made.mask
    if turned:
        image, sigma, mask = image.T, sigma.T, mask.T
    assert not has_seam(image, sigma, mask)


def test_a_masked_seam_is_none():
    """What the fit does not see does no harm."""
    image, sigma, mask = galaxy()
    image, mask = image.copy(), mask.copy()
    image[20] -= 5.0
    mask[20] = True
    assert not has_seam(image, sigma, mask)


@pytest.mark.parametrize("turned", [False, True])
def test_equal_pixels_are_a_seam(turned):
    """Filled gaps have one value; of noise in coarse steps a few pixels have."""
    image, sigma, mask = galaxy()
    coarse = np.round(image / 0.01) * 0.01
    assert not has_seam(coarse, sigma, mask)
    image, mask = image.copy(), mask.copy()
    where = (slice(3, 15), slice(50, 53))[:: -1 if turned else 1]
    image[where], mask[where] = 0.0, False
    assert has_seam(image, sigma, mask)


def test_small_and_masked_images_have_no_seam():
    """Too few lines tell nothing."""
    image = np.random.default_rng(0).normal(size=(9, 11))
    assert not has_seam(image, np.ones((9, 11)), np.zeros((9, 11), bool))
    assert not has_seam(image, np.ones((9, 11)), np.ones((9, 11), bool))
    flat = np.zeros((4, 4))
    assert not has_seam(flat, flat + 1, flat > 1)


@pytest.mark.parametrize("width", [1.2, 1.7])
def test_width_of_a_gaussian(width):
    """2.355 of its standard deviation."""
    assert fwhm(gaussian_psf(width, 15)) == pytest.approx(2.3548 * width, rel=0.03)


def test_width_of_a_single_pixel():
    """No PSF is about a pixel wide."""
    assert 0.5 < fwhm(np.ones((1, 1))) < 2
