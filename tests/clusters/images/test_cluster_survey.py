"""Files of survey images: what is written is read, and bad files are refused."""

import io

import numpy as np
import pytest
from astropy.io import fits
from skyloom.clusters.images.survey import (
    inspect_survey_image,
    read_survey_image,
    write_survey_image,
)
from skyloom.io.errors import InputError
from skyloom.io.fits import read_images
from skyloom.sky.tan import tan_wcs

SHAPE = (70, 90)
SUFFIXES = ("fits", "fits.fz")
CARDS = {"BAND": ("g", "filter"), "SKYSIGMA": 2.0}


def planes():
    """Return an image with a masked corner that is not finite, variance and mask."""
    rng = np.random.default_rng(1)
    image = 2.0 * rng.standard_normal(SHAPE, dtype=np.float32)
    variance = np.full(SHAPE, 4.0, np.float32)
    variance[30:40, 20:30] += 500 * rng.random((10, 10), dtype=np.float32)
    mask = np.zeros(SHAPE, np.uint8)
    mask[:3, :5], image[:3, :5], variance[:3, :5] = 2, np.nan, 0.0
    return image, variance, mask


def written(path, cards=CARDS):
    """Write the planes to a path and return it."""
    write_survey_image(path, *planes(), tan_wcs(150.0, -30.0, SHAPE, 0.263), cards)
    return path


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Return the bytes of good files by suffix."""
    folder = tmp_path_factory.mktemp("good")
    return {s: written(folder / f"a.{s}").read_bytes() for s in SUFFIXES}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_read_what_was_written(tmp_path, suffix):
    """The mask is exact, the rest within its rounding."""
    image, variance, mask = planes()
    path = written(tmp_path / f"a.{suffix}")
    read, stored = read_survey_image(path), read_images(path, ["VARIANCE", "MASK"])
    rounding = {"fits": 0.0, "fits.fz": 2.0 / 16}[suffix]
    good = mask == 0
    assert np.abs(read.image - image)[good].max() <= rounding
    assert np.isnan(read.image[~good]).all()
    assert np.abs(stored["VARIANCE"][0] - variance).max() <= 1.01e-3 * 4.0
    assert (stored["MASK"][0] == mask).all()
    assert (read.good == good).all()
    assert (read.image.dtype, stored["MASK"][0].dtype) == (np.float32, np.uint8)
    assert (read.zero_point, read.header["BAND"]) == (30.0, "g")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_same_image_same_bytes(tmp_path, suffix):
    """Nothing in a file but its content."""
    first, second = (written(tmp_path / f"{name}.{suffix}") for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_rounding_is_not_biased(tmp_path):
    """Packing moves the mean by much less than its error."""
    read = read_survey_image(written(tmp_path / "a.fits.fz"))
    image, _, mask = planes()
    good = mask == 0
    moved = (read.image - image)[good]
    assert abs(moved.mean()) < 4 * moved.std() / np.sqrt(good.sum())
    assert moved.std() == pytest.approx(2.0 / 16 / np.sqrt(12), rel=0.1)


def test_world_coordinates_survive(tmp_path):
    """North is up and east left, the middle of the image where it was put."""
    wcs = inspect_survey_image(written(tmp_path / "a.fits.fz")).wcs
    middle = wcs.all_pix2world((SHAPE[1] - 1) / 2, (SHAPE[0] - 1) / 2, 0)
    np.testing.assert_allclose(middle, (150.0, -30.0), atol=1e-9)
    assert wcs.all_world2pix(150.01, -30.0, 0)[0] < (SHAPE[1] - 1) / 2
    assert wcs.all_world2pix(150.0, -29.99, 0)[1] > (SHAPE[0] - 1) / 2


def des_file(path, data=None, drop=(), **cards):
    """Write a coadd as DES does: one packed image without SCI; cards may be dropped."""
    data = planes()[0] if data is None else data
    header = tan_wcs(30.0, -40.0, SHAPE, 0.263).to_header()
    header.update({"MAGZERO": 30.0, **cards})
    for keyword in drop:
        header.remove(keyword)
    hdu = fits.CompImageHDU(data, header, compression_type="RICE_1")
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    return path


def test_a_coadd_of_des(tmp_path):
    """Without SCI the first image is read, what is not finite masked."""
    read = read_survey_image(des_file(tmp_path / "a.fits.fz"))
    assert (read.good == (planes()[2] == 0)).all()


def test_the_mask_of_a_coadd(tmp_path):
    """MSK, of whole numbers above 255, is the mask."""
    path = des_file(tmp_path / "a.fits.fz")
    bits = 512 * planes()[2].astype(np.int32)
    fits.append(path, bits, fits.Header({"EXTNAME": "MSK"}))
    read = read_survey_image(path)
    assert (read.good == (bits == 0)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_masked(tmp_path, value):
    """Also outside of the mask, with a warning."""
    path = tmp_path / "a.fits"
    with_planes(path, SCI=spot(IMAGE, value))
    with pytest.warns(UserWarning, match=r"a\.fits: .* not finite where MASK is 0"):
        read = read_survey_image(path)
    expected = MASK == 0
    expected[50, 60] = False
    np.testing.assert_array_equal(read.good, expected)


def test_header_of_the_caller_wins(tmp_path):
    """Another zero point in the cards is the file's."""
    path = written(tmp_path / "a.fits", {"MAGZERO": 31.4})
    assert inspect_survey_image(path).zero_point == 31.4


# Bad files. Each fault turns the bytes of a good file, plain or packed, into others.


def opened_copy(path):
    """Return the HDUs of a file as they are on disk, in memory."""
    return fits.open(io.BytesIO(path.read_bytes()), disable_image_compression=True)


def with_planes(path, sums=False, **changed):
    """Rewrite a file with other planes; None removes one."""
    image, variance, mask = planes()
    wcs = tan_wcs(150.0, -30.0, SHAPE, 0.263).to_header()
    wcs["MAGZERO"] = 30.0
    all_planes = {"SCI": image, "VARIANCE": variance, "MASK": mask, **changed}
    hdus = [
        fits.ImageHDU(pixels, wcs if name == "SCI" else None, name=name)
        for name, pixels in all_planes.items()
        if pixels is not None
    ]
    path.unlink(missing_ok=True)
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path, checksum=sums)


def cut(path):
    path.write_bytes(path.read_bytes()[: int(0.6 * path.stat().st_size)])


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 0x11
    path.write_bytes(content)


def header(path, remove=(), **changed):
    """Change cards of SCI, the sums made right again."""
    with opened_copy(path) as file:
        for keyword in remove:
            file["SCI"].header.remove(keyword)
        file["SCI"].header.update(changed)
        file.writeto(path, overwrite=True, checksum=True)


def spot(plane, value):
    """Return a plane with one good pixel changed."""
    changed = plane.copy()
    changed[50, 60] = value
    return changed


IMAGE, VARIANCE, MASK = planes()
FAULTS = {
    "absent": (lambda p: p.unlink(), "no such file"),
    "empty": (lambda p: p.write_bytes(b""), "empty"),
    "text": (lambda p: p.write_text("ra dec\n1 2\n" * 600), "not a readable FITS"),
    "truncated": (cut, "not a readable FITS"),
    "flipped early": (lambda p: flip(p, 0.5), "not a readable FITS"),
    "flipped late": (lambda p: flip(p, 0.85), "not a readable FITS"),
    "no WCS": (lambda p: header(p, ["CTYPE1", "CTYPE2"]), "no WCS"),
    "linear WCS": (lambda p: header(p, CTYPE1="X", CTYPE2="Y"), "no WCS"),
    "half a WCS": (lambda p: header(p, CTYPE2="DEC--SIN"), "coordinates"),
    "flat WCS": (lambda p: header(p, CDELT1=0.0), "WCS|coordinates"),
    "galactic WCS": (
        lambda p: header(p, CTYPE1="GLON-TAN", CTYPE2="GLAT-TAN"),
        "none of RA and Dec in ICRS: in <Galactic Frame>",
    ),
    "WCS of 1950": (lambda p: header(p, RADESYS="FK4"), "RA and Dec in ICRS.*FK4"),
    "FK5 of 1950": (
        lambda p: header(p, RADESYS="FK5", EQUINOX=1950.0),
        r"RA and Dec in ICRS: in <FK5 Frame \(equinox=1950",
    ),
    "words in the WCS": (lambda p: header(p, CRVAL1="x"), "CRVAL1 is 'x'; expected"),
    "no zero point": (
        lambda p: header(p, ["MAGZERO"]),
        "no zero point; .*add the card MAGZERO to the header",
    ),
    "text for zero point": (lambda p: header(p, MAGZERO="thirty"), "MAGZERO"),
    "cube": (lambda p: with_planes(p, SCI=np.stack([IMAGE] * 2)), "NAXIS = 3"),
    "line": (lambda p: with_planes(p, SCI=IMAGE[0]), "NAXIS = 1"),
    "no pixels": (
        lambda p: with_planes(p, SCI=None, MASK=None, VARIANCE=None),
        "no im",
    ),
    "variance of another shape": (lambda p: with_planes(p, VARIANCE=VARIANCE[1:]), "V"),
    "mask of another shape": (lambda p: with_planes(p, MASK=MASK.T.copy()), "HDU MASK"),
    "cube for mask": (lambda p: with_planes(p, MASK=np.stack([MASK] * 2)), "HDU MASK"),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("fault", FAULTS)
def test_bad_file(tmp_path, good, fault, suffix):
    """The message names the file and what is wrong with it."""
    path = tmp_path / f"tile.{suffix}"
    spoil, message = FAULTS[fault]
    path.write_bytes(good[suffix])
    spoil(path)
    with pytest.raises(InputError, match=message) as caught:
        read_survey_image(path)
    assert f"tile.{suffix}" in str(caught.value)


def test_a_table_is_no_image(tmp_path):
    """A table named SCI, and a file of tables only."""
    table = fits.BinTableHDU.from_columns([fits.Column("A", "E", array=[1.0])])
    table.writeto(tmp_path / "a.fits")
    with pytest.raises(InputError, match="no image"):
        read_survey_image(tmp_path / "a.fits")
    table.name = "SCI"
    table.writeto(tmp_path / "b.fits")
    with pytest.raises(InputError, match="not an image"):
        read_survey_image(tmp_path / "b.fits")


@pytest.mark.parametrize("seed", range(25))
def test_damage_without_sums(tmp_path, seed):
    """Bytes changed where no sum tells: pixels of the right shape, or the error."""
    path = des_file(tmp_path / "a.fits.fz")
    rng = np.random.default_rng(seed)
    content = bytearray(path.read_bytes())
    for place in rng.integers(2880, len(content), 1 + seed % 5):
        content[place] = rng.integers(256)
    path.write_bytes(content)
    try:
        shape = inspect_survey_image(path).shape
        if np.prod(shape) > 1e6:
            return  # a damaged header; its pixels would fill the memory
        read = read_survey_image(path)
    except InputError:
        return
    assert read.image.shape == shape
