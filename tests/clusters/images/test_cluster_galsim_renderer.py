"""The reference renderer: flux, place, shape, edges."""

import galsim
import numpy as np
import pytest
from skyloom.clusters.images.galsim_renderer import render
from skyloom.clusters.images.psf import Psf
from small_fields import one_source, random_field

PSFS = {"r": Psf(0.9), "z": Psf(0.8, 0.02, -0.01)}
SHAPE = (96, 80)


def moments(image):
    """Return flux, centroid (x, y) and the central second moments xx, yy, xy."""
    y, x = np.indices(image.shape)
    flux = image.sum()
    cx, cy = (image * x).sum() / flux, (image * y).sum() / flux
    second = [((x - cx) ** 2), ((y - cy) ** 2), (x - cx) * (y - cy)]
    return flux, cx, cy, [(image * m).sum() / flux for m in second]


@pytest.mark.parametrize("hlr", [0.0, 0.6])
def test_flux_and_place(hlr):
    """A source's light is its flux and lies about X, Y."""
    image = render(one_source(40.3, 50.8, hlr=hlr), "r", SHAPE, PSFS)[0]
    flux, x, y, _ = moments(image.astype(float))
    # Kolmogorov's wings: 0.4 % lies beyond 40 pixels.
    assert flux == pytest.approx(1e4, rel=8e-3)
    assert (x, y) == pytest.approx((40.3, 50.8), abs=0.02)


def test_shear_is_along_the_image_axes():
    """G1 > 0 stretches along x; G2 > 0 towards larger x and y."""
    along = [
        moments(render(one_source(40, 48, hlr=0.8, **g), "r", SHAPE, PSFS)[0])[3]
        for g in ({"g1": 0.3}, {"g2": 0.3})
    ]
    assert along[0][0] > 1.2 * along[0][1]
    assert along[1][2] > 0.1 * along[1][0]


def test_fracdev_mixes_linearly():
    """Half and half is the mean of disc and bulge."""
    disc, bulge, mixed = (
        render(one_source(40, 48, hlr=0.6, fracdev=f), "r", SHAPE, PSFS)[0]
        for f in (0.0, 1.0, 0.5)
    )
    # Stamps differ in size: what lies outside the smallest is below 5e-5 of the peak.
    np.testing.assert_allclose(mixed, (disc + bulge) / 2, atol=2e-4 * mixed.max())
    assert bulge.max() > 1.05 * disc.max()


def test_sources_off_the_image_are_clipped():
    """An image is the middle of a larger one, sources outside it included."""
    table = random_field(30, 64, margin=20.0)
    small = render(table, "rz", (64, 64), PSFS)
    moved = table.copy()
    moved["X"] += 32
    moved["Y"] += 32
    large = render(moved, "rz", (128, 128), PSFS)
    np.testing.assert_allclose(
        small, large[:, 32:96, 32:96], atol=1e-5 * small.max(), rtol=1e-4
    )


def test_nothing_to_draw():
    """An empty catalogue, or one far away, is an empty image."""
    assert not render(one_source(1, 1)[:0], "rz", SHAPE, PSFS).any()
    assert not render(one_source(5000, -4000), "rz", SHAPE, PSFS).any()


def test_stamp_is_large_enough():
    """Against a stamp of 768 pixels and finer settings: 1e-4 of the peak."""
    image = render(one_source(384, 384, hlr=1.0, fracdev=1.0), "r", (768, 768), PSFS)[0]
    fine = galsim.GSParams(folding_threshold=1e-4, maxk_threshold=3e-5)
    bulge = galsim.DeVaucouleurs(half_light_radius=1.0, flux=1e4, gsparams=fine)
    psf = galsim.Kolmogorov(fwhm=0.9, gsparams=fine)
    exact = galsim.ImageF(768, 768, xmin=0, ymin=0)
    whole = galsim.Convolve(bulge, psf)
    whole.drawImage(exact, scale=0.263, center=galsim.PositionD(384, 384))
    assert np.abs(image - exact.array).max() < 1e-4 * exact.array.max()


def test_psf_image_is_not_widened_by_a_pixel():
    """A star seen through an image of the PSF is that image."""
    drawn = galsim.Gaussian(fwhm=1.0).drawImage(nx=33, ny=33, scale=0.263).array
    psfs = {"r": Psf(1.0, image=drawn, image_scale=0.263)}
    image = render(one_source(32, 32, flux=1.0), "r", (65, 65), psfs)[0]
    np.testing.assert_allclose(image[16:49, 16:49], drawn, atol=2e-4 * drawn.max())
