"""Galaxies at half the resolution."""

import numpy as np
import pytest
from skyloom.builder.fitting.coarse import (
    Pixels,
    halved,
    halved_psf,
    scaled,
    scaled_errors,
)
from skyloom.builder.fitting.render import render
from synthetic import SCATTER, SHAPE, TRUTH, gaussian_psf, observed


def test_a_model_on_fewer_pixels_is_the_galaxy_on_fewer_pixels():
    """Its image is that of the fine model, averaged over squares of pixels.

    But for the core, for which the PSF's light is shared too coarsely.
    """
    psf = gaussian_psf()
    fine = render(TRUTH, SHAPE, psf)
    seen = halved(Pixels(fine, np.ones(SHAPE), np.zeros(SHAPE, bool), psf))
    found = render(scaled(TRUTH, 0.5), seen.image.shape, seen.psf)
    assert np.abs(found - seen.image).max() < 0.08 * fine.max()
    assert np.quantile(np.abs(found / seen.image - 1), 0.95) < 0.05
    assert found.sum() == pytest.approx(seen.image.sum(), rel=5e-3)


def test_there_and_back():
    """Lengths, places and widths of priors come back."""
    again = scaled(scaled(TRUTH, 0.5), 2.0)
    assert again.disk.mux == pytest.approx(TRUTH.disk.mux)
    assert pytest.approx(TRUTH.spiral[0].A) == again.spiral[0].A
    assert again.spiral[0].phi == TRUTH.spiral[0].phi
    half = scaled_errors(SCATTER, 0.5)
    assert half["disk"]["Re"] == SCATTER["disk"]["Re"] / 2
    assert half["disk"]["q"] == SCATTER["disk"]["q"]
    assert half["bar"] is None
    assert half["spiral"][0]["spread"] is None
    assert scaled_errors(half, 2.0) == SCATTER


def test_good_pixels_alone_count_by_their_noise():
    """A square's mean is by inverse variance; without a good pixel it is masked."""
    image = np.array([[1.0, 3.0, 9.0, 9.0, 5.0], [7.0, 1e6, 9.0, 9.0, 5.0]])
    sigma = np.array([[1.0, 1.0, 1.0, 1.0, 1.0], [0.5, 1.0, 1.0, 1.0, 1.0]])
    mask = np.array([[0, 0, 1, 1, 0], [0, 1, 1, 1, 0]], bool)
    seen = halved(Pixels(image, sigma, mask, gaussian_psf()))
    assert seen.image.shape == (1, 2)
    assert seen.image[0, 0] == pytest.approx((1 + 3 + 4 * 7) / 6)
    assert seen.sigma[0, 0] == pytest.approx(6**-0.5)
    assert seen.mask.tolist() == [[False, True]]


def test_noise_halves():
    """What is compared is chi², so the mean of four pixels is twice as sure."""
    plain = observed(noise=0.01)
    seen = halved(plain)
    np.testing.assert_allclose(np.median(seen.sigma), 0.005)


@pytest.mark.parametrize("size", [1, 3, 11, 13])
def test_a_psf_keeps_its_light_and_its_centre(size):
    """It is odd again, and as symmetric as it was."""
    psf = halved_psf(gaussian_psf(1.5, size))
    assert psf.sum() == pytest.approx(1.0)
    assert all(n % 2 for n in psf.shape)
    np.testing.assert_allclose(psf, psf[::-1, ::-1], atol=1e-12)
