"""Cutouts: reading, turning, writing."""

import dataclasses
import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from skyloom.builder.config import Noise
from skyloom.builder.images import cutout as c
from skyloom.builder.images import cutout_files as f
from skyloom.io.errors import InputError

PSF = np.array([[0.05, 0.1, 0.05], [0.1, 0.4, 0.1], [0.05, 0.1, 0.05]])


@pytest.fixture
def arrays():
    rng = np.random.default_rng(3)
    mask = np.zeros((40, 36), bool)
    mask[2, 3] = True
    image = rng.normal(0, 0.02, mask.shape)
    return {"image": image, "mask": mask, "psf": PSF, "multiplier": 1.25}


def made(arrays, **changes):
    return c.make_cutout("here", 7, **{"noise": Noise(), **arrays, **changes})


def test_without_sigma_one_is_built_and_said_so(arrays):
    """Positive everywhere, and the source is recorded."""
    cutout = made(arrays)
    assert cutout.sigma_source == "sky_and_gain"
    assert (cutout.sigma > 0).all()
    assert made(arrays, sigma=np.ones((40, 36))).sigma_source == "given"


def test_pixels_without_a_number_are_masked_and_counted(arrays):
    """NaN in the image or sigma becomes mask; masked ones are not news."""
    arrays["image"][0, :4] = np.nan
    arrays["image"][2, 3] = np.nan
    sigma = np.ones((40, 36))
    sigma[5, 5], sigma[5, 6] = np.inf, 0.0
    cutout = made(arrays, sigma=sigma)
    assert cutout.notes == (
        "4 pixels without a number masked",
        "2 pixels without a sigma masked",
    )
    assert cutout.mask.sum() == 7
    assert np.isfinite(cutout.image).all()
    assert (cutout.sigma > 0).all()


def test_psf_is_renormalised_within_limits(arrays):
    """Within 0.1 % silently, within 5 % with a note."""
    assert made(arrays, psf=PSF * 1.0005).notes == ()
    cutout = made(arrays, psf=PSF * 0.97)
    assert cutout.psf.sum() == pytest.approx(1, abs=1e-15)
    assert cutout.notes == ("psf renormalised: its sum was 0.970000",)


@pytest.mark.parametrize("sign", [-1, 1])
def test_psf_of_another_sum_is_refused(arrays, sign):
    """Just inside 5 % it is renormalised, just outside refused."""
    assert made(arrays, psf=PSF * (1 + sign * 0.049)).psf.sum() == pytest.approx(1)
    with pytest.raises(InputError, match="expected 1 within 5 %"):
        made(arrays, psf=PSF * (1 + sign * 0.051))


def test_a_gap_in_sigma_gets_the_median_of_the_good_pixels(arrays):
    """What stands under the mask does not count."""
    mask, sigma = np.zeros((40, 36), bool), np.full((40, 36), 2.0)
    mask[:30], sigma[:30], sigma[35, 5] = True, 9.0, 0.0
    cutout = made(arrays, mask=mask, sigma=sigma)
    assert cutout.sigma[35, 5] == 2.0


def test_psf_may_have_noise_below_zero_and_need_not_be_square(arrays):
    """As measured PSFs do."""
    psf = np.vstack([PSF, np.full((2, 3), -1e-4)])
    assert made(arrays, psf=psf / psf.sum()).psf.shape == (5, 3)


def test_difference_json_mask_one_is_bad(arrays, tmp_path):
    """The display file's convention."""
    tree = {
        "imageData": arrays["image"].tolist(),
        "mask": arrays["mask"].astype(int).tolist(),
        "psf": PSF.tolist(),
        "multiplier": 2,
    }
    (tmp_path / "d.json").write_text(json.dumps(tree))
    cutout = f.from_difference_json(tmp_path / "d.json", 7, Noise(gain=4.0))
    assert np.array_equal(cutout.mask, arrays["mask"])
    assert cutout.multiplier == 2.0


def test_metadata_json_mask_true_is_good(arrays, tmp_path):
    """The fitting file's convention, with nulls for missing pixels."""
    image = arrays["image"].tolist()
    image[2][3] = None
    tree = {
        "galaxy_data": image,
        "sigma_image": np.ones((40, 36)).tolist(),
        "pixel_mask": (~arrays["mask"]).tolist(),
        "psf": PSF.tolist(),
        "multiplier": 2.0,
    }
    (tmp_path / "m.json").write_text(json.dumps(tree))
    cutout = f.from_metadata_json(tmp_path / "m.json", 7)
    assert np.array_equal(cutout.mask, arrays["mask"])
    assert cutout.notes == ()


def test_upstream_npz_is_turned(arrays, tmp_path):
    """All arrays turn together; the turn is recorded."""
    np.savez(tmp_path / "a.npz", **arrays, metadata=json.dumps({"ra": "1"}))
    cutout = f.from_upstream_npz(tmp_path / "a.npz", 7, 1, Noise())
    assert np.array_equal(cutout.image, np.rot90(arrays["image"]))
    assert np.array_equal(cutout.mask, np.rot90(arrays["mask"]))
    assert cutout.image.shape == (36, 40)
    assert cutout.rotation == 1
    assert cutout.metadata == {"ra": "1"}


def test_an_unknown_turn_is_no_turn(arrays, tmp_path):
    """The image stays as it was uploaded, and its files say that no turn is known."""
    np.savez(tmp_path / "a.npz", **arrays)
    cutout = f.from_upstream_npz(tmp_path / "a.npz", 7, None, Noise())
    assert np.array_equal(cutout.image, arrays["image"])
    assert cutout.rotation is None
    f.write_cutout(tmp_path / "b.npz", cutout)
    assert f.read_cutout(tmp_path / "b.npz").rotation is None
    f.write_cutout_fits(tmp_path / "b.fits", cutout)
    assert fits.getheader(tmp_path / "b.fits")["ROTATION"] is None


def test_metadata_must_be_an_object(arrays, tmp_path):
    """A list is refused, with the file and the key."""
    tree = {"imageData": arrays["image"].tolist(), "metadata": [1], "multiplier": 2}
    tree |= {"mask": arrays["mask"].astype(int).tolist(), "psf": PSF.tolist()}
    (tmp_path / "d.json").write_text(json.dumps(tree))
    with pytest.raises(InputError, match=r"d\.json: key 'metadata': a list"):
        f.from_difference_json(tmp_path / "d.json", 7, Noise())


def test_turning_back(arrays):
    """Four quarter turns are none; a turn forgets the place on the sky."""
    cutout = c.place(made(arrays), 10.0, 20.0, 0.3)
    assert cutout.header
    assert c.turn(cutout, 0) is cutout
    once = c.turn(cutout, 1)
    assert once.header == {}
    assert np.array_equal(c.turn(once, 3).image, cutout.image)
    assert c.turn(once, 3).rotation == 0


def test_npz_round_trip_bit_for_bit(arrays, tmp_path):
    """Every field returns; writing again gives the same bytes."""
    cutout = c.place(made(arrays, psf=PSF * 0.98), 10.0, 20.0, 0.3)
    cutout = dataclasses.replace(cutout, metadata={"z": 0.02}, rotation=1)
    f.write_cutout(tmp_path / "a.npz", cutout)
    again = f.read_cutout(tmp_path / "a.npz")
    for field in dataclasses.fields(cutout):
        one, two = getattr(cutout, field.name), getattr(again, field.name)
        assert np.array_equal(one, two), field.name
    f.write_cutout(tmp_path / "b.npz", again)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_fits_has_wcs_and_provenance_of_sigma(arrays, tmp_path):
    """North lies where it was said to be; sources and notes are in the header."""
    angle = -0.4
    cutout = c.place(made(arrays, psf=PSF * 0.98), 150.0, 2.0, angle)
    f.write_cutout_fits(tmp_path / "a.fits", cutout)
    with fits.open(tmp_path / "a.fits", checksum=True) as file:
        assert [h.name for h in file[1:]] == ["SCI", "ERR", "MASK", "PSF"]
        assert file[0].header["SIGSRC"] == "sky_and_gain"
        assert "renormalised" in file[0].header["NOTE1"]
        assert "approximate" in file["SCI"].header["WCSNOTE"]
        sky = WCS(file["SCI"].header)
    middle = np.array([17.5, 19.5])
    up = middle + np.array([-np.sin(angle), np.cos(angle)])
    east = middle - np.array([np.cos(angle), np.sin(angle)])
    (ra0, dec0), (ra1, dec1), (ra2, dec2) = sky.wcs_pix2world([middle, up, east], 0)
    step = 0.396 / 3600
    assert (ra0, dec0) == pytest.approx((150.0, 2.0))
    assert dec1 - dec0 == pytest.approx(step, rel=1e-4)
    assert ra1 == pytest.approx(ra0, abs=1e-9)
    assert (ra2 - ra0) * np.cos(np.radians(2)) == pytest.approx(step, rel=1e-4)
    assert dec2 == pytest.approx(dec0, abs=1e-8)


def test_no_wcs_is_claimed_without_an_orientation(arrays, tmp_path):
    """Position yes, axes no."""
    f.write_cutout_fits(tmp_path / "a.fits", c.place(made(arrays), 1.0, 2.0, None))
    cards = fits.getheader(tmp_path / "a.fits", "SCI")
    assert cards["RA"] == 1.0
    assert "CTYPE1" not in cards
    assert "unknown" in cards["WCSNOTE"]


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_psf_within_a_thousandth_is_not_worth_a_word(arrays, sign):
    """Just outside it is renormalised and said so."""
    assert made(arrays, psf=PSF * (1 + sign * 0.99e-3)).notes == ()
    assert len(made(arrays, psf=PSF * (1 + sign * 1.01e-3)).notes) == 1


def test_a_psf_of_sdss_is_taken(arrays):
    """Real ones of sum 1 fall to -4.2 % of their peak, which upstream fits."""
    psf = np.zeros((11, 11))
    psf[4:7, 4:7] = [[0.05, 0.1, 0.05], [0.1, 0.4, 0.1], [0.05, 0.1, 0.05]]
    psf[1, 2], psf[9, 3] = -0.042 * 0.4, 0.042 * 0.4
    assert made(arrays, psf=psf).psf == pytest.approx(psf)


def test_a_psf_may_fall_below_zero_as_far_as_the_key_says(arrays):
    """Of its peak; further down the error names the key, with a value that helps."""
    for depth, good in ((0.0199, True), (0.0201, False)):
        psf = np.zeros((5, 5))
        psf[2, 2], psf[0, 0] = 1.0, -depth
        psf[1, 2] = depth
        noise = Noise(psf_negative=0.02)
        if good:
            found = made(arrays, psf=psf, noise=noise).psf
            assert found.min() == pytest.approx(-depth)
            continue
        said = r"builder\.noise\.psf_negative.*set that key to 0\.03"
        with pytest.raises(InputError, match=said):
            made(arrays, psf=psf, noise=noise)
        assert made(arrays, psf=psf, noise=Noise(psf_negative=0.03))


@pytest.mark.parametrize(("turns", "rotation"), [(1, 3), (2, 0), (3, 1), (-1, 1)])
def test_turns_add_up(arrays, turns, rotation):
    """A cutout that was turned twice and is turned again."""
    twice = c.turn(made(arrays), 2)
    found = c.turn(twice, turns)
    assert found.rotation == rotation
    assert np.array_equal(found.image, np.rot90(arrays["image"], 2 + turns))


def test_sigma_counts_pixels_that_have_a_number_but_no_sigma(arrays):
    """A sigma below zero is refused, one of a bad pixel is filled without a word."""
    sigma = np.full((40, 36), 2.0)
    sigma[2, 3] = 0.0
    cutout = made(arrays, sigma=sigma)
    assert cutout.notes == ()
    assert cutout.sigma[2, 3] == 2.0
    sigma[5, 5] = -1e-9
    with pytest.raises(InputError, match="below 0"):
        made(arrays, sigma=sigma)


def test_a_gap_in_a_skewed_sigma_gets_the_median(arrays):
    """Not the mean, which a few bad columns would move."""
    sigma = np.full((40, 36), 2.0)
    sigma[:, :5], sigma[20, 20] = 50.0, 0.0
    assert made(arrays, sigma=sigma).sigma[20, 20] == 2.0


@pytest.mark.parametrize("value", [1e-6, 0.3, 1.0, 40.0])
def test_any_multiplier_above_zero_is_one(arrays, value):
    """Nanomaggies an image unit; zero and what is no number are refused."""
    assert made(arrays | {"multiplier": value}).multiplier == value
    for bad in (0.0, -value, np.nan, np.inf):
        with pytest.raises(InputError, match="a number above 0"):
            made(arrays | {"multiplier": bad})
