"""FITS images as people have them, and those that are none."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from skyloom.io.errors import InputError
from skyloom.spirals.cutouts.files import NATIVE, read_cutout, write_cutout
from skyloom.spirals.geometry import Stamp

STAMP = Stamp(180.0, 10.0, 0.262, 40)
WHOLE = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CRVAL1": 180.0,
    "CRVAL2": 10.0,
    "CRPIX1": 20.5,
    "CRPIX2": 20.5,
    "CD1_1": -0.396 / 3600,
    "CD1_2": 0.0,
    "CD2_1": 0.0,
    "CD2_2": 0.396 / 3600,
}


def pixels(*shape: int) -> np.ndarray:
    """Return flux above 0."""
    return np.random.default_rng(0).uniform(0.1, 1.0, shape).astype(np.float32)


def written(path: Path, flux: np.ndarray, cards: dict, extension: bool = False) -> Path:
    """Write a FITS file with header cards."""
    hdu = fits.ImageHDU(flux) if extension else fits.PrimaryHDU(flux)
    hdu.header.update(cards)
    primary = [fits.PrimaryHDU()] if extension else []
    fits.HDUList([*primary, hdu]).writeto(path)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A cutout comes back, and the same one makes the same bytes."""
    flux = pixels(3, 40, 40)
    flux[1, :4, :5] = np.nan
    for name in "ab":
        write_cutout(tmp_path / f"{name}.fits", flux, STAMP, "grz", {"OBJECT": "x"})
    cutout = read_cutout(tmp_path / "a.fits")
    assert np.array_equal(cutout.flux, flux, equal_nan=True)
    assert cutout.bands == "grz"
    assert cutout.calibrated
    assert cutout.missing == {"g": 0, "r": pytest.approx(20 / 1600), "z": 0}
    same = cutout.wcs.all_pix2world([[3, 30]], 0)
    assert same == pytest.approx(STAMP.wcs.all_pix2world([[3, 30]], 0), abs=1e-10)
    assert (tmp_path / "a.fits").read_bytes() == (tmp_path / "b.fits").read_bytes()


@pytest.mark.parametrize(
    ("cards", "shape", "bands"),
    [
        ({"BANDS": "griz"}, (4, 40, 40), "griz"),
        ({"BAND0": "g", "BAND1": "r", "BAND2": "z"}, (3, 40, 40), "grz"),
        ({"FILTER": "z DECam SDSS c0004 9260.0 1520.0"}, (40, 40), "z"),
        ({"FILTER": "HSC-R"}, (40, 40), "r"),
        ({"FILTER": "i"}, (1, 40, 40), "i"),
        ({}, (1, 1, 40, 40), "?"),
        ({"FILTER": "F606W"}, (40, 40), "?"),
    ],
)
@pytest.mark.parametrize("extension", [False, True])
def test_bands(tmp_path: Path, cards, shape, bands, extension) -> None:
    """One band or several, with the usual cards, in any HDU."""
    path = written(tmp_path / "a.fits", pixels(*shape), {**WHOLE, **cards}, extension)
    assert read_cutout(path).bands == bands


@pytest.mark.parametrize(
    ("cards", "factor"),
    [
        ({"BUNIT": "nanomaggy"}, 1.0),
        ({"BUNIT": "nanomaggies"}, 1.0),
        ({"BUNIT": "uJy"}, 1 / 3.631),
        ({"BUNIT": "Jy"}, 1e6 / 3.631),
        ({"FLUXMAG0": 63095734448.0194}, 10 ** (0.4 * (22.5 - 27))),
    ],
)
def test_units(tmp_path: Path, cards: dict, factor: float) -> None:
    """Fluxes become nanomaggies in a survey's pixel, whatever the image's."""
    flux = pixels(40, 40)
    cutout = read_cutout(written(tmp_path / "a.fits", flux, {**WHOLE, **cards}))
    area = (NATIVE / 0.396) ** 2
    assert cutout.calibrated
    assert cutout.flux[0] == pytest.approx(flux * factor * area, rel=1e-4)


@pytest.mark.parametrize("unit", ["", "electron/s", "MJy/sr", "counts", "??", "deg"])
def test_unknown_units(tmp_path: Path, unit: str, caplog) -> None:
    """Another unit is not taken for flux, and that is said."""
    path = written(tmp_path / "a.fits", pixels(40, 40), {**WHOLE, "BUNIT": unit})
    assert not read_cutout(path).calibrated
    assert f"{path}: no unit that is known" in caplog.text


def test_matrices(tmp_path: Path) -> None:
    """CD, PC with CDELT, and CDELT alone are the same."""
    scale = 0.396 / 3600
    bare = {k: v for k, v in WHOLE.items() if not k.startswith("CD")}
    steps = {"CDELT1": -scale, "CDELT2": scale}
    turn = {"PC1_1": 1.0, "PC1_2": 0.0, "PC2_1": 0.0, "PC2_2": 1.0}
    cases = {"cd": WHOLE, "pc": {**bare, **steps, **turn}, "alone": {**bare, **steps}}
    for name, cards in cases.items():
        path = written(tmp_path / f"{name}.fits", pixels(40, 40), cards)
        stamp = read_cutout(path).whole(40)
        assert (stamp.ra, stamp.dec) == pytest.approx((180, 10), abs=1e-9)
        assert stamp.scale == pytest.approx(0.396)


def test_galactic_coordinates(tmp_path: Path) -> None:
    """The frame of an image is turned into right ascension and declination."""
    galactic = {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"}
    cards = {**WHOLE, **galactic, "CRVAL1": 0.0, "CRVAL2": 90.0}
    stamp = read_cutout(written(tmp_path / "a.fits", pixels(40, 40), cards)).whole(40)
    assert (stamp.ra, stamp.dec) == pytest.approx((192.85948, 27.12825), abs=1e-4)


def test_without_coordinates(tmp_path: Path) -> None:
    """An image of no place is read as such."""
    path = written(tmp_path / "a.fits", pixels(3, 40, 50), {"BANDS": "grz"})
    cutout = read_cutout(path)
    assert cutout.wcs is None
    assert cutout.whole(40).size == 40


def test_zeros_of_counts_are_flux(tmp_path: Path) -> None:
    """An exact 0 is missing among floats, not among whole numbers."""
    for kind, missing in ((np.int16, 0.0), (np.float32, 1 / 40)):
        flux = np.ones((40, 40), kind)
        flux[0] = 0
        path = written(tmp_path / f"{np.dtype(kind)}.fits", flux, {"FILTER": "r"})
        assert read_cutout(path).missing["r"] == pytest.approx(missing)


GRZ = {**WHOLE, "BANDS": "grz"}
BAD_CARDS = {
    "bands of another number": ({"BANDS": "gr"}, "3 planes, bands 'gr'"),
    "a band twice": ({"BANDS": "ggz"}, "bands 'ggz'"),
    "bands of no survey": ({"BANDS": "abc"}, "bands 'abc'"),
    "RA as text": ({"CRVAL1": "12:00:00"}, "world coordinates"),
    "Dec as text": ({"CRVAL2": "+10 00 00"}, "world coordinates"),
    "Dec above 90": ({"CRVAL2": 100.0}, "CRVAL2 is 100"),
    "Dec below -90": ({"CRVAL2": -90.5}, "CRVAL2 is -90.5"),
    "a matrix of zeros": (dict.fromkeys(("CD1_1", "CD2_2"), 0.0), "world coord"),
    "pixels of degrees": ({"CD1_1": -1.0, "CD2_2": 1.0}, "pixels of 3600 arcsec"),
    "tiny pixels": ({"CD1_1": -1e-9, "CD2_2": 1e-9}, "pixels of 3.6e-06 arcsec"),
    "one axis": ({"CTYPE2": ""}, "world coordinates"),
    "a spectral axis": ({"CTYPE1": "WAVE"}, "world coordinates"),
    "axes swapped": (
        {"CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN", "CRVAL2": 180.0},
        "CRVAL2 is 180",
    ),
    "two projections": ({"CTYPE2": "DEC--SIN"}, "world coordinates"),
    "an unknown projection": (
        {"CTYPE1": "RA---XYZ", "CTYPE2": "DEC--XYZ"},
        "world coordinates",
    ),
    "no reference pixel": ({"CRPIX1": None}, "CRPIX1 is"),
    "a position as logical": ({"CRVAL1": True}, "CRVAL1 is True"),
}


@pytest.mark.parametrize("case", BAD_CARDS)
def test_bad_headers(tmp_path: Path, case: str) -> None:
    """A header that cannot be right is refused, with its file and what is wrong."""
    cards, problem = BAD_CARDS[case]
    path = written(tmp_path / "a.fits", pixels(3, 40, 40), {**GRZ, **cards})
    with pytest.raises(InputError, match=problem) as bad:
        read_cutout(path)
    assert str(path) in str(bad.value)
    assert "expected" in str(bad.value)


def test_no_matrix_is_refused(tmp_path: Path) -> None:
    """Coordinates without a pixel's size are those of pixels of a degree."""
    cards = {k: v for k, v in GRZ.items() if not k.startswith("CD")}
    path = written(tmp_path / "a.fits", pixels(3, 40, 40), cards)
    with pytest.raises(InputError, match="no CD, PC or CDELT"):
        read_cutout(path)


BAD_SHAPES = {
    "three planes without names": ((3, 40, 40), {}, "3 planes, bands ''"),
    "a spectrum": ((400,), {}, "no image"),
    "a stack of cubes": ((2, 3, 40, 40), {}, "expected an image of one band"),
    "a strip": ((40, 8), {}, "sides of 16"),
    "a colour picture": ((40, 40, 3), {"BANDS": "grz"}, "planes, bands 'grz'|sides"),
}


@pytest.mark.parametrize("case", BAD_SHAPES)
def test_bad_shapes(tmp_path: Path, case: str) -> None:
    """Pixels that are no image of a galaxy are refused."""
    shape, cards, problem = BAD_SHAPES[case]
    with pytest.raises(InputError, match=problem) as bad:
        read_cutout(written(tmp_path / "a.fits", pixels(*shape), cards))
    assert str(tmp_path) in str(bad.value)


def test_a_table_is_no_image(tmp_path: Path) -> None:
    """A catalogue is not taken for an image."""
    table = fits.BinTableHDU.from_columns([fits.Column("RA", "D", array=[1.0])])
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "a.fits")
    with pytest.raises(InputError, match="no image"):
        read_cutout(tmp_path / "a.fits")


@pytest.mark.parametrize("kept", [0, 1000, 2880, 5760, 15000])
def test_cut_files_are_refused(tmp_path: Path, kept: int) -> None:
    """A file that ends early is refused wherever it ends."""
    path = written(tmp_path / "a.fits", pixels(3, 40, 40), GRZ)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=str(path)):
        read_cutout(path)


def test_a_page_of_the_service_is_refused(tmp_path: Path) -> None:
    """What a service answers in place of an image is none."""
    path = tmp_path / "a.fits"
    path.write_text("<html>no such layer</html>")
    with pytest.raises(InputError, match="not a readable FITS file"):
        read_cutout(path)


@pytest.mark.real
def test_real_cutouts(real: Path) -> None:
    """The survey's own cutouts are read: bands, place, what is missing."""
    folder = real / "spirals" / "decals_native_fits"
    for name in ("a", "b", "c", "d", "e"):
        cutout = read_cutout(folder / f"example_{name}.fits.gz")
        assert (cutout.bands, cutout.calibrated) == ("grz", True)
        assert cutout.flux.shape == (3, 424, 424)
        assert max(cutout.missing.values()) < 0.01
    dead = read_cutout(folder / "example_bad_pix.fits.gz").missing
    assert dead["g"] == pytest.approx(0.757, abs=0.001)
    assert dead["z"] < 0.2
    with pytest.raises(InputError, match=r"example_incomplete\.fits\.gz"):
        read_cutout(folder / "example_incomplete.fits.gz")


@pytest.mark.real
def test_real_single_exposures(real: Path) -> None:
    """DECam's exposures are read: an extension, TPV, counts, a filter's long name."""
    files = sorted((real / "spirals").glob("legacypipe_testcase*/*_ooi_?_ls9.*.fits"))
    assert len(files) == 10
    for path in files:
        cutout = read_cutout(path)
        assert cutout.bands == path.name.split("_ooi_")[1][0]
        assert not cutout.calibrated
        assert cutout.whole(64).scale * 64 == pytest.approx(0.262 * 100, rel=1.5)
