"""Sizes and checksums of FITS files, held against the bytes that are there."""

import gzip
import re

import numpy as np
import pytest
from astropy.io import fits
from skyloom.io import fits_layout
from skyloom.io.errors import InputError
from skyloom.io.fits import opened

N = 40


@pytest.fixture
def raw(tmp_path):
    """Return the bytes of an image, a table and a compressed image, without sums."""
    pixels = np.arange(N * N, dtype="f4").reshape(N, N)
    image = fits.ImageHDU(pixels, name="A")
    image.header["OBSERVER"] = "Nunez"
    table = fits.BinTableHDU.from_columns(
        [fits.Column("x", "D", array=[1.0, 2.0]), fits.Column("id", "K", array=[1, 2])],
        name="T",
    )
    packed = fits.CompImageHDU(pixels.astype("i2"), name="Z", tile_shape=(8, N))
    path = tmp_path / "good.fits"
    fits.HDUList([fits.PrimaryHDU(), image, table, packed]).writeto(path)
    return path.read_bytes()


def with_card(raw, key, value, which=0):
    """Return the bytes with another card in place of the `which`-th of a keyword."""
    at = -1
    for _ in range(which + 1):
        at = raw.index(f"{key:8}=".encode(), at + 1)
    card = f"{key:8}= {value}".encode("latin-1").ljust(80)
    return raw[:at] + card + raw[at + 80 :]


def read(path, **how):
    """Read all that is there."""
    with opened(path, **how) as file:
        for hdu in file:
            assert hdu.name or hdu.number == 0
            assert hdu.header["BITPIX"]
            if hdu.shape:
                file.pixels(hdu.number)
            elif not hdu.is_image:
                file.columns(hdu.number, ("X", "ID"))
        return file.names


DAMAGE = {
    "an axis below 0": ("NAXIS1", "-5", 0, "HDU 1.*'= -5' in the card NAXIS1"),
    "another below 0": ("NAXIS1", "-1", 1, "HDU 2.*NAXIS1"),
    "a huge axis": ("NAXIS1", "100000000000", 0, "HDU 1.*cut short, or its sizes"),
    "an axis of text": ("NAXIS1", "'x'", 0, "HDU 1.*NAXIS1"),
    "an axis too many": ("NAXIS", "3", 1, "HDU 1.*no card NAXIS3"),
    "axes without end": ("NAXIS", "99999999", 1, "NAXIS; expected .* 0 to 999"),
    "bits": ("BITPIX", "-31", 1, "HDU 1.*BITPIX is 31"),
    "groups": ("GCOUNT", "2000000", 0, "HDU 1.*cut short"),
    "more": ("PCOUNT", "1152921504606846976", 0, "HDU 1.*cut short"),
    "columns": ("TFIELDS", "3", 0, "HDU 2.*no card TFORM3"),
    "columns without end": ("TFIELDS", "123456789", 0, "TFIELDS"),
    "a width": ("TFORM1", "'E'", 0, "HDU 2.*rows of 16 bytes"),
    "a form": ("TFORM1", "'1Z'", 0, "HDU 2.*TFORM '1Z'"),
    "a form that does not end": ("TFORM1", "'D", 0, "HDU 2.*TFORM1 cannot be parsed"),
    "a huge packed image": ("ZNAXIS1", "99999999", 0, "HDU 3.*times these bytes"),
    "a packed image of more rows": ("ZNAXIS2", "400", 0, "HDU 3.*50 rows, one a tile"),
    "no FITS of the standard": ("SIMPLE", "F", 0, "HDU 0.*SIMPLE is False"),
}


@pytest.mark.parametrize("case", DAMAGE)
@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_sizes_that_cannot_be_are_refused(tmp_path, raw, case, verify, pack):
    """With the HDU and the card: no hang, no memory, nothing of astropy's."""
    *card, message = DAMAGE[case]
    content = with_card(raw, *card)
    if case == "a huge packed image":
        content = with_card(content, "ZTILE1", "99999999")
    (tmp_path / "a.fits").write_bytes(pack(content))
    with pytest.raises(InputError, match=rf"a\.fits: .*{message}"):
        read(tmp_path / "a.fits", verify=verify)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda raw: raw + b"junk" * 720, "bytes after HDU 3|HDU 4 begins with"),
        (lambda raw: raw[:2800].replace(b"END", b"ENB"), "no END card"),
        (lambda raw: raw.replace(b"XTENSION", b"XTENSIOM", 1), "begins with"),
        (lambda raw: raw[:-10], "HDU 3.*cut short"),
        (lambda raw: gzip.compress(raw[:-10]), "HDU 3.*cut short"),
        (lambda raw: gzip.compress(raw)[:-10], "cannot be unpacked"),
        (lambda raw: b"", "empty"),
        (lambda raw: b"BZh9" + raw, "HDU 0 begins with"),
    ],
)
def test_what_is_no_whole_file_is_refused(tmp_path, raw, spoil, message):
    """Cut, with more behind it, or another format."""
    (tmp_path / "a.fits").write_bytes(spoil(raw))
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.fits")


def test_what_a_packed_file_unpacks_to_is_bounded(tmp_path, raw, monkeypatch):
    """By what its headers say, before a byte of it is unpacked."""
    monkeypatch.setattr(fits_layout, "SLACK", 0)
    content = with_card(raw, "NAXIS2", f"{10**9}")
    path = tmp_path / "bomb.fits.gz"
    path.write_bytes(gzip.compress(content + bytes(10**6)))
    with pytest.raises(InputError, match=r"HDU 1.*at most, of a file of"):
        read(path, verify=False)


def test_zeros_behind_the_last_hdu_mean_nothing(tmp_path, raw):
    """Blocks of tapes are filled up."""
    (tmp_path / "a.fits").write_bytes(raw + bytes(28800))
    assert read(tmp_path / "a.fits") == ["PRIMARY", "A", "T", "Z"]


@pytest.mark.parametrize("verify", [True, False])
def test_harmless_bytes_of_headers_are_read(tmp_path, raw, verify):
    """An observer's name in Latin-1; zeros in place of blanks behind END."""
    named = with_card(raw, "OBSERVER", "'Nuñez'")
    end = named.index(b"END" + b" " * 77)
    block = -(-end // 2880) * 2880
    padded = named[: end + 3] + bytes(block - end - 3) + named[block:]
    (tmp_path / "a.fits").write_bytes(padded)
    assert read(tmp_path / "a.fits", verify=verify) == ["PRIMARY", "A", "T", "Z"]


@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz"])
def test_checksums_are_those_of_the_bytes(tmp_path, name):
    """Also where astropy would change the header to read it."""
    fits.PrimaryHDU(np.ones((3, 4), "f4")).writeto(tmp_path / "b.fits", checksum=True)
    content = (tmp_path / "b.fits").read_bytes()
    pack = gzip.compress if name.endswith(".gz") else bytes
    path = tmp_path / name
    path.write_bytes(pack(content))
    with opened(path) as file:
        assert file.pixels(0).sum() == 12
    spoilt = {
        "Checksum of the data": content.replace(b"\x3f\x80", b"\x3f\x81", 1),
        "the header was changed": content.replace(b"conforms", b"cONforms"),
    }
    for message, changed in spoilt.items():
        assert changed != content
        path.write_bytes(pack(changed))
        with pytest.raises(InputError, match=message):
            read(path)
        with opened(path, verify=False) as file:
            assert file.pixels(0).shape == (3, 4)


def test_harmless_oddities_are_read(tmp_path):
    """Zeros before a sum; one name of two HDUs."""
    path = tmp_path / "a.fits"
    image = fits.ImageHDU(np.ones((2, 2)), name="SCI")
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path, checksum=True)
    with fits.open(path) as hdus:
        own = hdus[1].header["DATASUM"]
    content = path.read_bytes().replace(f"'{own}".encode(), f"'0{own}".encode())
    content = re.sub(rb"CHECKSUM= '[^']*'", b"CHECKSUM= '" + b"0" * 16 + b"'", content)
    content = re.sub(rb"(DATASUM = '0\d*' *)  /", rb"\1 /", content)
    path.write_bytes(content)
    with opened(path) as file:
        assert file.pixels("SCI").sum() == 4
    fits.HDUList([fits.PrimaryHDU(), image, image.copy()]).writeto(tmp_path / "b.fits")
    with opened(tmp_path / "b.fits") as file:
        assert "SCI" in file
        with pytest.raises(InputError, match="2 HDUs of this name"):
            file.pixels("SCI")
