"""Point spread functions: what is drawn, and what is read of PSFEx's files."""

import galsim
import numpy as np
import pytest
from astropy.io import fits
from skyloom.clusters.images.psf import Psf, draw_psf, read_psfex
from skyloom.io.errors import InputError
from skyloom.run.seeds import rng

BASIS = {"POLNAXIS": 2, "POLGRP1": 1, "POLGRP2": 1, "POLNGRP": 1, "POLDEG1": 1}
PLACE = {"POLNAME1": "X_IMAGE", "POLNAME2": "Y_IMAGE", "POLZERO1": 50.0}
SCALES = {"POLZERO2": 50.0, "POLSCAL1": 50.0, "POLSCAL2": 50.0}
SAMPLING = {"PSF_FWHM": 3.5, "PSF_SAMP": 0.5, "PSFNAXIS": 3, "PSFAXIS1": 41}
CARDS = {**BASIS, **PLACE, **SCALES, **SAMPLING, "PSFAXIS2": 41, "PSFAXIS3": 3}


def model(fwhm):
    """Return a Gaussian of a width [px] on PSFEx's finer grid of 41 x 41."""
    r2 = np.add.outer(*[(np.arange(41.0) - 20) ** 2] * 2) * 0.5**2
    image = np.exp(-4 * np.log(2) * r2 / fwhm**2)
    return image / image.sum()


def psfex_file(path, cards=CARDS, masks=None, name="PSF_DATA"):
    """Write a PSFEx file, its model wider with x."""
    slope = 0.5 * (model(4.0) - model(3.0))
    masks = np.stack([model(3.5), slope, 0 * slope]) if masks is None else masks
    column = fits.Column("PSF_MASK", f"{masks.size}E", array=masks[None].astype("f4"))
    column.dim = str(masks.shape[::-1]).replace(" ", "")
    table = fits.BinTableHDU.from_columns([column], name=name)
    table.header.update(cards)
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    return path


@pytest.mark.parametrize("band", "griz")
def test_drawn_widths_are_about_the_survey_median(band):
    """The median over draws is the band's, none beyond the clip."""
    median = {"g": 1.11, "r": 0.95, "i": 0.88, "z": 0.83}[band]
    drawn = [draw_psf(rng(1, band, i), median) for i in range(400)]
    widths = np.array([psf.fwhm for psf in drawn])
    assert abs(np.median(widths) - median) < 0.015
    assert np.std(widths) == pytest.approx(0.078, rel=0.12)
    assert np.abs(widths - median).max() <= 0.2 + 1e-9
    shears = np.array([np.hypot(psf.g1, psf.g2) for psf in drawn])
    assert 0.01 <= shears.min() < 0.012
    assert 0.028 < shears.max() <= 0.03


def test_angles_have_no_direction():
    """The mean shear over draws is a twentieth of its size."""
    drawn = [draw_psf(rng(2, i), 0.95) for i in range(1000)]
    mean = np.mean([[psf.g1, psf.g2] for psf in drawn], axis=0)
    assert np.hypot(*mean) < 0.002


def test_same_seed_same_psf():
    """A draw depends on the seed alone."""
    first, second = (draw_psf(rng(3, "i"), 0.88) for _ in range(2))
    assert first == second
    assert first != draw_psf(rng(4, "i"), 0.88)


def test_profile_has_the_width_and_flux():
    """GalSim measures the FWHM that was asked for."""
    profile = Psf(0.9).profile
    assert profile.calculateFWHM() == pytest.approx(0.9, rel=4e-3)
    assert profile.flux == pytest.approx(1.0)


def test_pixel_is_added_once():
    """The effective profile is the profile and a pixel; an image has its pixel."""
    psf = Psf(0.9, 0.02, 0.01)
    both = galsim.Convolve(psf.profile, galsim.Pixel(0.263))
    assert psf.effective().kValue(3.0, 1.0) == both.kValue(3.0, 1.0)
    imaged = Psf(0.9, image=model(3.5), image_scale=0.13)
    assert imaged.effective() is imaged.profile


def test_psfex_model_varies_over_the_image(tmp_path):
    """The width read is that of the model at the place, in arcsec."""
    path = psfex_file(tmp_path / "a.psf")
    slope = 0.5 * (model(4.0) - model(3.0))
    # The polynomial runs from -1 to 1 between the first pixel's middle and x = 99.
    for x, factor in ((-1.0, -1.0), (49.0, 0.0), (99.0, 1.0)):
        image = galsim.Image(model(3.5) + factor * slope, scale=0.5 * 0.263)
        expected = galsim.InterpolatedImage(image).calculateFWHM()
        assert read_psfex(path, x, 49.0).fwhm == pytest.approx(expected, rel=1e-4)
    assert read_psfex(path, 49.0, 0.0).fwhm == pytest.approx(3.5 * 0.263, rel=5e-3)


def test_psfex_profile_has_unit_flux(tmp_path):
    """A model's flux is one."""
    psf = read_psfex(psfex_file(tmp_path / "a.psf"), 10.0, 20.0)
    assert psf.profile.flux == pytest.approx(1.0)


@pytest.mark.parametrize("planes", [model(3.5), model(3.5)[None]])
def test_psfex_model_that_does_not_vary(tmp_path, planes):
    """PSFEx writes no polynomial then, and one plane, on two axes or three."""
    cards = {**SAMPLING, "POLNAXIS": 0, "PSFNAXIS": planes.ndim, "PSFAXIS2": 41}
    path = psfex_file(tmp_path / "a.psf", cards, planes)
    here, there = read_psfex(path, 0.0, 0.0), read_psfex(path, 99.0, 9.0)
    assert here.fwhm == there.fwhm == pytest.approx(3.5 * 0.263, rel=5e-3)


def spoilt(path, how):
    """Write a PSFEx file with one fault."""
    if how == "text":
        path.write_text("not FITS")
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "no card":
        psfex_file(path, {k: v for k, v in CARDS.items() if k != "PSF_SAMP"})
    elif how == "not finite":
        psfex_file(path, masks=np.full((3, 41, 41), np.nan))
    elif how == "dark":
        psfex_file(path, masks=np.zeros((3, 41, 41)))
    elif how == "no table":
        fits.PrimaryHDU(np.ones((4, 4))).writeto(path)
    return path


@pytest.mark.parametrize(
    "how", ["absent", "text", "empty", "no card", "not finite", "dark", "no table"]
)
def test_bad_psfex_file(tmp_path, how):
    """Whatever is wrong, the message names the file."""
    path = spoilt(tmp_path / "bad.psf", how)
    with pytest.raises(InputError, match=r"bad\.psf"):
        read_psfex(path, 1.0, 1.0)
