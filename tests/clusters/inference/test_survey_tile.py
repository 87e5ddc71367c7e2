"""Survey tiles: read as they are, and refused where bands do not belong together."""

import numpy as np
import pytest
from astropy.io import fits
from skyloom.clusters.inference.survey_tile import open_survey_tile
from skyloom.io.errors import InputError

FLAT = np.ones((4, 40, 56))


def test_headers_say_shape_place_and_factors(written):
    """Bands in the order of the channels."""
    tile = open_survey_tile(written(FLAT, MAGZERO=25.0), "a")
    assert list(tile.paths) == ["g", "r", "i", "z"]
    assert tile.shape == (40, 56)
    assert tile.name == "a"
    assert tile.wcs.all_pix2world(27.5, 19.5, 0) == pytest.approx([50.0, -40.0])
    assert tile.factor == pytest.approx(100.0)


def replaced(key, value):
    def change(paths, one_band):
        one_band(paths["i"], "i", FLAT[0], **{key: value})

    return change


def without(*names):
    def change(paths, one_band):
        with fits.open(paths["i"]) as file:
            hdu = file["SCI"].copy()
        for name in (*names, "CHECKSUM", "DATASUM"):
            hdu.header.remove(name, ignore_missing=True)
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(paths["i"], overwrite=True)

    return change


def cut(paths, one_band):
    raw = paths["i"].read_bytes()
    paths["i"].write_bytes(raw[: len(raw) // 2])


def empty(paths, one_band):
    paths["i"].write_bytes(b"")


def text(paths, one_band):
    paths["i"].write_text("RA DEC\n1 2\n" * 400)


def absent(paths, one_band):
    paths["i"].unlink()


def other_shape(paths, one_band):
    one_band(paths["i"], "i", np.ones((40, 55)))


def other_mask(paths, one_band):
    one_band(paths["i"], "i", FLAT[0], np.zeros((40, 55)))


def cube(paths, one_band):
    one_band(paths["i"], "i", np.ones((40, 56)))
    hdu = fits.ImageHDU(np.ones((2, 40, 56), np.float32), name="SCI")
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(paths["i"], overwrite=True)


BAD = {
    "no file": (absent, "no such file"),
    "empty file": (empty, "0 bytes"),
    "no FITS": (text, "not a readable FITS file"),
    "cut short": (cut, "not a readable FITS file"),
    "a cube": (cube, "shape (2, 40, 56)"),
    "other shape": (other_shape, "shape (40, 55); expected (40, 56)"),
    "mask of another shape": (other_mask, "HDU MASK: shape (40, 55)"),
    "no WCS": (without("CTYPE1", "CTYPE2"), "no WCS"),
    "nonsense WCS": (replaced("CTYPE1", "RA---XYZ"), "world coordinates"),
    "other place": (replaced("CRVAL2", -40.001), "world coordinates 1"),
    "other hemisphere": (replaced("CRVAL1", 230.0), "world coordinates"),
    "no zero point": (replaced("MAGZERO", None), "no zero point"),
    "zero point in words": (replaced("MAGZERO", "thirty"), "MAGZERO = 'thirty'"),
    "other zero point": (replaced("MAGZERO", 25.0), "zero point 25.0; expected 30.0"),
    "file of another band": (replaced("BAND", "z"), "BAND = 'z'"),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD)
def test_bad_bands_are_refused_with_the_file_named(written, one_band, change, message):
    """Each from its headers alone."""
    paths = written(FLAT)
    change(paths, one_band)
    with pytest.raises(InputError) as refused:
        open_survey_tile(paths)
    assert message in str(refused.value)
    assert str(paths["i"]) in str(refused.value)


def test_a_flipped_byte_is_found(written):
    """The data are not those of their checksum."""
    paths = written(FLAT, np.zeros((40, 56)), compressed=True)
    with fits.open(paths["r"], lazy_load_hdus=False) as file:
        file.writeto(paths["r"].with_name("again.fits"), checksum=True)
    paths["r"].with_name("again.fits").replace(paths["r"])
    raw = bytearray(paths["r"].read_bytes())
    with fits.open(paths["r"], disable_image_compression=True) as file:
        raw[file[1].fileinfo()["datLoc"] + 40 * 16 + 100] ^= 0x10
    paths["r"].write_bytes(raw)
    with pytest.raises(InputError, match=r"000_r\.fits\.fz: .*Checksum of the data"):
        open_survey_tile(paths)
