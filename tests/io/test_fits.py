"""FITS images."""

import numpy as np
import pytest
from astropy.io import fits
from skyloom.io.errors import InputError
from skyloom.io.fits import read_images, write_images

IMAGES = {
    "SCI": (np.arange(12.0).reshape(3, 4), {"BUNIT": ("nmgy", "unit")}),
    "MASK": (np.eye(3) > 0, {}),
}


def test_what_is_written_is_read(tmp_path):
    """Pixels, native byte order and cards return."""
    write_images(tmp_path / "a.fits", IMAGES, {"OBJECT": "7"})
    data, header = read_images(tmp_path / "a.fits", ["SCI"])["SCI"]
    assert (data == IMAGES["SCI"][0]).all()
    assert data.dtype.isnative
    assert header["BUNIT"] == "nmgy"
    assert fits.getheader(tmp_path / "a.fits")["OBJECT"] == "7"


def test_bool_becomes_zero_and_one(tmp_path):
    """FITS has no bool images."""
    write_images(tmp_path / "a.fits", IMAGES)
    data, _ = read_images(tmp_path / "a.fits", ["MASK"])["MASK"]
    assert data.dtype == np.uint8
    assert data.sum() == 3


def test_same_images_same_bytes_and_no_date(tmp_path):
    """Checksum cards carry no time."""
    for name in ("a.fits", "b.fits"):
        write_images(tmp_path / name, IMAGES)
    content = (tmp_path / "a.fits").read_bytes()
    assert content == (tmp_path / "b.fits").read_bytes()
    assert b"DATE" not in content
    assert b"updated" not in content


def test_checksums_hold(tmp_path):
    """Astropy agrees with every checksum (its warnings are errors here)."""
    write_images(tmp_path / "a.fits", IMAGES)
    with fits.open(tmp_path / "a.fits", checksum=True) as file:
        assert all(h.verify_checksum() == h.verify_datasum() == 1 for h in file)


def test_a_flipped_bit_is_found(tmp_path):
    """A damaged pixel is an error, not a number."""
    path = tmp_path / "a.fits"
    write_images(path, IMAGES)
    raw = bytearray(path.read_bytes())
    raw[3 * 2880 - 2000] ^= 1
    path.write_bytes(raw)
    with pytest.raises(InputError, match="not a readable FITS"):
        read_images(path, ["SCI", "MASK"])
