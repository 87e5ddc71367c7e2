"""Bad cubes, single spectra and coadds: each is refused with its name, and why."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from skyloom.io.desi import write_coadd
from skyloom.io.errors import DatumError, InputError
from skyloom.io.spectra import Arm, Spectra, meta_table
from skyloom.spectra.readers.chunks import read_chunk
from skyloom.spectra.readers.cubes import read_cube, sky_of
from skyloom.spectra.readers.detect import read_any
from skyloom.spectra.readers.manga import read_galaxy
from skyloom.spectra.readers.observed import at_rest
from skyloom.spectra.rest.grid import RestGrid
from small_spectra import (
    PIXELS,
    WAVE,
    chunk,
    cube,
    galaxy,
    line_spectra,
    sdss,
)

FLUX = line_spectra(12)


def truncated(path) -> None:
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: len(content) // 2])


DATA = line_spectra(20).T.reshape(PIXELS, 4, 5)
SKY = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": 1.0}
SKY |= {"CRPIX1": 1.0, "CRPIX2": 1.0, "CDELT1": -1e-4, "CDELT2": 1e-4}
TURNED = SKY | {"CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN"}
GALACTIC = SKY | {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"}
CUBES = {
    "declination first": ("muse", TURNED, {}, 0.03, ["world coordinates", "DEC--TAN"]),
    "galactic axes": ("muse", GALACTIC, {}, 0.03, ["GLON-TAN", "J2000"]),
    "a place in text": (
        "muse",
        SKY | {"CRVAL1": "10:00"},
        {},
        0.03,
        ["CRVAL1", "10:00"],
    ),
    "no redshift": (
        "muse",
        {},
        {},
        None,
        ["no redshift", "place.redshifts"],
    ),
    "a redshift of text": ("muse", {}, {}, "near", ["'near'", "number"]),
    "a negative redshift": ("muse", {}, {}, -0.3, ["-0.3", "between"]),
    "an absurd redshift": ("muse", {}, {}, 9000, ["9000", "between"]),
    "neither air nor vacuum": (
        "muse",
        {"CTYPE3": "LAMBDA"},
        {},
        0.03,
        ["CTYPE3", "AWAV", "WAVE", "manual"],
    ),
    "no kind of axis": ("sami", {"CTYPE3": None}, {}, 0.03, ["CTYPE3 is ''", "AWAV"]),
    "no unit": ("muse", {"CUNIT3": None}, {}, 0.03, ["CUNIT3 is ''", "unit of length"]),
    "a unit of frequency": ("muse", {"CUNIT3": "GHz"}, {}, 0.03, ["'GHz'"]),
    "flux per frequency": ("muse", {"BUNIT": "mJy"}, {}, 0.03, ["'mJy'", "convert"]),
    "magnitudes": ("gmos", {"BUNIT": "mag"}, {}, 0.03, ["'mag'", "per wavelength"]),
    "an endless step": ("muse", {"CDELT3": 1e308}, {}, 0.03, ["wavelength"]),
    "no step": ("muse", {"CDELT3": None}, {}, 0.03, ["step None"]),
    "wavelengths in nm": ("muse", {"CRVAL3": 450.0}, {}, 0.03, ["450", "Å"]),
    "a falling axis": ("muse", {"CDELT3": -1.0}, {}, 0.03, ["increasing"]),
    "no noise": ("sami", {}, {"VARIANCE": None, "OTHER": DATA}, 0.03, ["HDUs"]),
    "noise of a plane": ("muse", {}, {"STAT": DATA[0]}, 0.03, ["(4, 5)", "one shape"]),
    "negative noise": (
        "muse",
        {},
        {"STAT": DATA * 0 - 1},
        0.03,
        ["negative", "STAT"],
    ),
    "a mask of spectra": (
        "gmos",
        {},
        {"MASK": np.zeros((4, 6))},
        0.03,
        ["'MASK'", "(4, 6)", "(4, 5)"],
    ),
    "errors far too small": (
        "gmos",
        {},
        {"ERR": DATA * 0 + 1e-9},
        0.03,
        ["HDU 'ERR'", "S/N", "unit of the flux"],
    ),
}


@pytest.mark.parametrize("case", CUBES)
def test_other_cubes(tmp_path, case):
    kind, cards, changed, redshift, words = CUBES[case]
    path = cube(tmp_path / "cube.fits", kind, cards, **changed)
    with pytest.raises(InputError) as bad:
        list(read_any(path, redshift)[1])
    assert all(word in str(bad.value) for word in ["cube.fits", *words]), str(bad.value)


def test_files_of_other_kinds(tmp_path):
    """What no reader reads is refused with what is in it, and what could be."""
    path = tmp_path / "x.fits"
    fits.PrimaryHDU(FLUX).writeto(path)
    with pytest.raises(InputError, match=r"HDUs PRIMARY; expected MaNGA's LOGCUBE"):
        read_any(path)
    with pytest.raises(InputError, match="no cube"):
        sky_of(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="empty"):
        read_any(path)
    path.write_bytes(b"not FITS at all" * 300)
    with pytest.raises(InputError, match="not a readable FITS"):
        read_any(path)
    with pytest.raises(InputError, match="no such file"):
        read_any(tmp_path / "nowhere.fits")
    whole = cube(tmp_path / "cut.fits")
    truncated(whole)
    with pytest.raises(InputError):
        list(read_cube(whole, "muse", 0.03))


ONE_Z = {"Z": 0.03}
SINGLES = {
    "no table of facts": (None, {}, WAVE, ["no redshift", "give its redshift"]),
    "a failed redshift": ({"Z": -1.0}, {}, WAVE, ["redshift", "-1"]),
    "a redshift in text": ({"Z": "0.03"}, {}, WAVE, ["redshift", "'0.03'"]),
    "two redshifts": ({"Z": [0.03, 0.04]}, {}, WAVE, ["column Z", "0.04"]),
    "a warning in text": ({"Z": 0.03, "ZWARNING": "no"}, {}, WAVE, ["'no'", "a whole"]),
    "in air": (ONE_Z, {"VACUUM": False}, WAVE, ["air", "vacuum"]),
    "backwards": (ONE_Z, {}, WAVE[::-1], ["LOGLAM", "increasing"]),
    "no identity": (ONE_Z, {"FIBERID": None}, WAVE, ["FIBERID"]),
    "a plate in text": (
        ONE_Z,
        {"PLATEID": "x"},
        WAVE,
        ["PLATE", "'x'"],
    ),
    "an endless plate": (ONE_Z, {"PLATEID": 1e30}, WAVE, ["PLATE", "1e+30"]),
}


@pytest.mark.parametrize("case", SINGLES)
def test_single_spectra(tmp_path, case):
    facts, cards, wave, words = SINGLES[case]
    path = sdss(tmp_path / "spec-1-2-3.fits", facts, cards, wave)
    with pytest.raises(InputError) as bad:
        list(read_any(path)[1])
    assert all(word in str(bad.value) for word in words), str(bad.value)


@pytest.mark.parametrize("column", ["flux", "loglam", "ivar", "and_mask"])
def test_text_in_a_single_spectrum(tmp_path, column):
    path = sdss(tmp_path / "spec-1-2-3.fits", ONE_Z)
    with fits.open(path) as hdus:
        table = Table(hdus[1].data)
        table[column] = ["x"] * PIXELS
        hdus[1] = fits.BinTableHDU(table)
        hdus.writeto(tmp_path / "spec-1-2-4.fits")
    with pytest.raises(InputError, match=rf"column {column.upper()}, row 1: got .x."):
        list(read_any(tmp_path / "spec-1-2-4.fits")[1])


REDSHIFTS = {"TARGETID": [39627], "Z": [0.03], "ZWARN": [0]}
COADDS = {
    "no redrock": (None, ["no redshift", "put the redrock-*.fits"]),
    "of other targets": ({"TARGETID": [1]}, ["no redshift of TARGETID 39627"]),
    "a target twice": ({"TARGETID": [39627] * 2}, ["redrock-a.fits", "several rows"]),
    "names in text": ({"TARGETID": ["x"]}, ["column TARGETID", "'x'"]),
    "redshift in text": ({"Z": ["0.03"]}, ["column Z", "'0.03'"]),
    "redshift of two": ({"Z": [[0.03, 0.04]]}, ["column Z", "one real number a row"]),
    "warnings in text": ({"ZWARN": ["a"]}, ["column ZWARN", "a whole number"]),
}


@pytest.mark.parametrize("case", COADDS)
def test_redshifts_of_a_coadd(tmp_path, case):
    changed, words = COADDS[case]
    wave = np.linspace(3600, 5800, PIXELS)
    arm = Arm("b", wave, *np.ones((2, 1, PIXELS), np.float32))
    write_coadd(
        tmp_path / "coadd-a.fits", Spectra((arm,), meta_table([39627], [1], [1]))
    )
    if changed is not None:
        rows = {k: v * len(changed.get("TARGETID", [1])) for k, v in REDSHIFTS.items()}
        table = fits.BinTableHDU(Table(rows | changed), name="REDSHIFTS")
        fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "redrock-a.fits")
    with pytest.raises(InputError) as bad:
        list(read_any(tmp_path / "coadd-a.fits")[1])
    assert all(word in str(bad.value) for word in words), str(bad.value)


def spoiled(path, lots) -> None:
    """Cut a file, change bytes of its headers or anywhere, or take some out."""
    content = bytearray(path.read_bytes())
    kind = lots.integers(4)
    if kind == 0:
        content = content[: lots.integers(len(content))]
    elif kind == 1:
        for place in lots.integers(min(len(content), 11520), size=5):
            content[place] = lots.integers(32, 127)
    elif kind == 2:
        for place in lots.integers(len(content), size=20):
            content[place] = lots.integers(256)
    else:
        first = lots.integers(len(content))
        del content[first : first + lots.integers(1, 3000)]
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("seed", range(3))
def test_damage_by_lot(tmp_path, seed):
    """Whatever the bytes, the file is read or refused: no other error, no warning."""
    lots, grid = np.random.default_rng(seed), RestGrid(4100.0, 4e-4, 160)
    files = chunk(tmp_path)
    order = [files[k] for k in ("spec", "wave", "table", "ivar")]
    pair = galaxy(tmp_path)
    muse, single = cube(tmp_path / "m.fits"), sdss(tmp_path / "spec-1-2-3.fits", ONE_Z)
    readers = {
        **{Path(path): lambda: read_chunk(*order) for path in order},
        **dict.fromkeys(pair, lambda: read_galaxy(*pair)),
        muse: lambda: read_any(muse, 0.03)[1],
        single: lambda: read_any(single)[1],
    }
    refused = 0
    for path, reader in readers.items():
        whole = path.read_bytes()
        for _ in range(6):
            spoiled(path, lots)
            try:
                for observed in reader():
                    rest = at_rest(observed, grid)
                    assert np.isfinite(rest.flux).all()
                    assert np.isfinite(rest.ivar).all()
            except (InputError, DatumError):
                refused += 1
        path.write_bytes(whole)
    assert refused > 20
