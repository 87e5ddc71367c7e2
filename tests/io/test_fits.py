"""FITS files."""

import gzip

import numpy as np
import pytest
from astropy.io import fits
from skyloom.io.errors import InputError
from skyloom.io.fits import opened, read_images, write_images

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


def test_packed_files_have_the_same_bytes_and_neither_name_nor_time(tmp_path):
    """The header of gzip has both, where Python's own packing writes it."""
    for name in ("a.fits.gz", "other.fits.gz"):
        write_images(tmp_path / name, IMAGES)
    packed = (tmp_path / "a.fits.gz").read_bytes()
    assert packed == (tmp_path / "other.fits.gz").read_bytes()
    assert packed[4:8] == bytes(4)
    write_images(tmp_path / "a.fits", IMAGES)
    assert gzip.decompress(packed) == (tmp_path / "a.fits").read_bytes()
    data, _ = read_images(tmp_path / "a.fits.gz", ["SCI"])["SCI"]
    assert (data == IMAGES["SCI"][0]).all()


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


def _file(path, content):
    path.write_bytes(content)
    return path


def _fits(tmp_path):
    path = tmp_path / "good.fits"
    image = fits.ImageHDU(np.ones((3, 4), "f4"), name="A")
    table = fits.BinTableHDU.from_columns([fits.Column("x", "D", array=[1.0, 2.0])])
    fits.HDUList([fits.PrimaryHDU(), image, table]).writeto(path, checksum=True)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("a.fits", lambda raw: b""),
        ("a.fits", lambda raw: b"not FITS at all" * 300),
        ("a.fits", lambda raw: raw[:4000]),
        ("a.fits", lambda raw: raw[:-2000]),
        ("a.fits", lambda raw: raw.replace(b"\x3f\x80", b"\x3f\x81", 1)),
        ("a.fits.gz", lambda raw: gzip.compress(raw)[:-40]),
        ("a.fits.gz", lambda raw: b"\x1f\x8b" + b"\x00" * 500),
        ("a.fits.gz", lambda raw: gzip.compress(raw)[:60] + b"\x00" * 300),
    ],
    ids=["empty", "text", "cut", "cut table", "bit", "gz cut", "gz empty", "gz bad"],
)
def test_a_damaged_file_is_an_input_error(tmp_path, name, spoil):
    """Damage of any kind is named, with the path, when opened or when read."""
    path = _file(tmp_path / name, spoil(_fits(tmp_path)))
    with pytest.raises(InputError, match=r"a\.fits"):
        _read_all(path)


def _read_all(path):
    with opened(path) as file:
        file.pixels("A", 2)
        file.columns(2, ("X",))


def test_a_missing_file_and_a_folder_are_input_errors(tmp_path):
    """The reader says so before astropy does."""
    for path, match in ((tmp_path / "no.fits", "no such file"), (tmp_path, "folder")):
        with pytest.raises(InputError, match=match), opened(path):
            pass


@pytest.mark.parametrize(
    ("key", "ndim", "match"),
    [
        ("B", 2, "no such HDU"),
        (9, 2, "no such HDU"),
        ("A", 1, "shape"),
        (0, 2, "shape"),
        (2, 2, "a table"),
    ],
)
def test_an_image_that_is_not_there_is_named(tmp_path, key, ndim, match):
    """Wrong HDU, wrong axes, no pixels, a table."""
    path = _file(tmp_path / "a.fits", _fits(tmp_path))
    with pytest.raises(InputError, match=match), opened(path) as file:
        file.image(key, ndim)


@pytest.mark.parametrize(
    ("key", "names", "match"),
    [(9, (), "no such HDU"), ("A", (), "an image"), (2, ("X", "Y"), "no column Y")],
)
def test_a_table_that_is_not_there_is_named(tmp_path, key, names, match):
    """Wrong HDU, an image, a missing column; case does not matter."""
    path = _file(tmp_path / "a.fits", _fits(tmp_path))
    with pytest.raises(InputError, match=match), opened(path) as file:
        file.columns(key, names)
    with opened(path) as file:
        assert file.columns(2, ("X",))["X"].dtype.isnative


def test_unsigned_masks_are_read_plain_and_packed(tmp_path):
    """DESI's are uint32, which astropy cannot scale where pixels are mapped."""
    mask = np.array([[0, 2**31 + 5, 7], [1, 2, 2**32 - 1]], np.uint32)
    packed = [
        fits.CompImageHDU(mask, name=kind, compression_type=kind)
        for kind in ("GZIP_2", "RICE_1")
    ]
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(mask, name="PLAIN"), *packed]
    fits.HDUList(hdus).writeto(tmp_path / "a.fits", checksum=True)
    with opened(tmp_path / "a.fits") as file:
        for name in file.names[1:]:
            read = file.pixels(name, 2, np.s_[1:])
            assert read.dtype == np.uint32
            assert np.array_equal(read, mask[1:])


def test_a_defect_in_the_block_is_not_the_file_s(tmp_path):
    """Only what astropy makes of the bytes is the file's fault."""
    path = _file(tmp_path / "a.fits", _fits(tmp_path))
    with pytest.raises(ValueError, match="broadcast") as why, opened(path) as file:
        file.pixels("A", 2) + np.zeros(5)
    assert not isinstance(why.value, InputError)


@pytest.mark.parametrize("sums", [True, False])
def test_a_damaged_packed_image_is_named(tmp_path, sums):
    """Compressed bytes that changed are found by their checksum, or by unpacking."""
    path = tmp_path / "a.fits"
    values = np.arange(4096, dtype="i4").reshape(64, 64) % 17
    packed = fits.CompImageHDU(values, name="A", compression_type="GZIP_1")
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(path, checksum=sums)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"\x1f\x8b") + 12
    raw[at : at + 10] = bytes(10)
    path.write_bytes(raw)
    match = "Checksum" if sums else "HDU 'A'"
    with pytest.raises(InputError, match=match), opened(path) as file:
        file.pixels("A", 2)


@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz"])
def test_a_file_unpacked_at_once_is_the_same(tmp_path, name):
    """Packed or not; damage is found, of the packing too."""
    path = tmp_path / name
    write_images(path, IMAGES)
    with opened(path, unpack=True) as file:
        assert (file.pixels("SCI") == IMAGES["SCI"][0]).all()
    content = path.read_bytes()
    for damaged in (content[:-40], content.replace(b"MASK", b"MAST"), content[:1500]):
        path.write_bytes(damaged)
        if damaged != content:
            with pytest.raises(InputError), opened(path, unpack=True) as file:
                file.pixels("MASK")
