"""Bad files: each is refused with its name, the place, what was expected, a remedy."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from skyloom.io.errors import DatumError, InputError
from skyloom.spectra.readers.chunks import read_chunk
from skyloom.spectra.readers.manga import read_galaxy
from small_spectra import (
    PIXELS,
    SIDE,
    WAVE,
    binning,
    chunk,
    galaxy,
    line_spectra,
)

FLUX = line_spectra(12)
SHAPE = (PIXELS, SIDE, SIDE)
BACK = np.r_[WAVE[:9], WAVE[8:-1]]


def truncated(path) -> None:
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: len(content) // 2])


def ragged(path) -> None:
    rows = np.empty(12, object)
    rows[:] = [np.ones(300 + i) for i in range(12)]
    np.save(path, rows, allow_pickle=True)


def pickled(path) -> None:
    np.save(path, np.array([{1: 2}], object), allow_pickle=True)


def packed(path) -> None:
    Path(path).write_bytes(gzip.compress(Path(path).read_bytes()))


def folder(path) -> None:
    Path(path).unlink()
    Path(path).mkdir()


def _patched(path, old: bytes, new: bytes) -> None:
    content = Path(path).read_bytes()
    assert old in content
    Path(path).write_bytes(content.replace(old, new, 1))


def archive(path) -> None:
    np.savez(f"{path}.npz", FLUX)
    Path(f"{path}.npz").replace(path)


def saved(array):
    return lambda path: np.save(path, array)


def written(content: bytes):
    return lambda path: Path(path).write_bytes(content)


def with_value(value, row=7, pixel=5, of=FLUX):
    array = np.array(of, float)
    array[row, pixel] = value
    return array


# kind of file, what is done to it, words that the message has
ARRAYS = {
    "ragged spectra": ("spec", ragged, ["spec0.npy", "npy", "one length"]),
    "an archive": ("spec", archive, ["npy"]),
    "truncated spectra": ("spec", truncated, ["spec0.npy", "not a readable"]),
    "truncated ivar": ("ivar", truncated, ["ivar0.npy", "not a readable"]),
    "no bytes": ("spec", written(b""), ["spec0.npy", "empty"]),
    "text": ("wave", written(b"3600 3601"), ["wave0.npy", "not a readable"]),
    "text values": ("spec", saved(FLUX.astype(str)), ["<U", "numbers", "float32"]),
    "complex values": ("spec", saved(FLUX * 1j), ["complex", "numbers"]),
    "a negative number of rows": (
        "spec",
        lambda path: _patched(path, b"(12, 300), } ", b"(-12, 300), }"),
        ["not a readable"],
    ),
    "Python objects": ("wave", pickled, ["wave0.npy", "Python objects"]),
    "packed under its old name": ("ivar", packed, ["ivar0.npy", "not a readable"]),
    "a folder": ("ivar", folder, ["ivar0.npy", "not a file"]),
    "an empty chunk": ("spec", saved(FLUX[:0]), ["no values", "one spectrum"]),
    "one row more": ("spec", saved(line_spectra(13)), ["(13, 300)", "12", "datatab0"]),
    "one spectrum alone": ("spec", saved(FLUX[0]), ["(300,)", "(n, pixels)"]),
    "ivar of other pixels": ("ivar", saved(FLUX[:, 1:]), ["(12, 299)", "spec0.npy"]),
    "wave of other pixels": ("wave", saved(WAVE[1:]), ["(299,)", "spec0.npy"]),
    "wave backwards": ("wave", saved(WAVE[::-1]), ["increasing", "pixels 0, 1"]),
    "wave twice": ("wave", saved(BACK), ["strictly increasing", "8, 9"]),
    "wave in nm": ("wave", saved(WAVE / 10), ["400", "Å", "nm"]),
    "wave in µm": ("wave", saved(WAVE / 1e4), ["0.4", "Å", "µm"]),
    "wave in log": ("wave", saved(np.log10(WAVE)), ["3.6", "Å"]),
    "wave with NaN": ("wave", saved(np.where(WAVE < 4010, np.nan, WAVE)), ["nan"]),
    "a row backwards": (
        "wave",
        saved(np.stack([WAVE] * 8 + [WAVE[::-1]] * 4)),
        ["row 8", "increasing"],
    ),
    "a row in nm": (
        "wave",
        saved(np.stack([WAVE] * 11 + [WAVE / 10])),
        ["row 11", "Å"],
    ),
    "negative ivar": (
        "ivar",
        saved(-np.ones_like(FLUX)),
        ["ivar0.npy", "a negative variance", "0 or more"],
    ),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays_of_a_chunk(tmp_path, case):
    kind, spoil, words = ARRAYS[case]
    files = chunk(tmp_path)
    spoil(files[kind])
    with pytest.raises(InputError) as bad:
        list(read_chunk(*(files[k] for k in ("spec", "wave", "table", "ivar"))))
    assert all(word in str(bad.value) for word in words), str(bad.value)


ONE, FIVE = np.full(12, 0.03), np.full(5, 0.03)
TABLES = {
    "no redshift": ({"redshift": None}, ["no column redshift", "HDU 1"]),
    "cz": ({"redshift": ONE * 3e5}, ["9000", "not cz", "row 0"]),
    "placeholders": ({"redshift": ONE * 0 - 9999}, ["-9999", "placeholder"]),
    "redshifts unknown": ({"redshift": ONE * np.nan}, ["nan", "redshift"]),
    "redshift in text": ({"redshift": ["0.03"] * 12}, ["'0.03'", "numbers", "row 0"]),
    "signal in text": ({"signal": ["high"] * 12}, ["'high'", "column signal"]),
    "redshift of two": ({"redshift": np.ones((12, 2))}, ["(2,)", "one value a row"]),
    "velocities in m/s": ({"v_star": ONE * 3e6}, ["v_star 90000", "km/s", "row 0"]),
    "complex numbers": ({"signal": ONE * 1j}, ["column signal", "numbers"]),
    "names of numbers": ({"plateifu": ONE * 269336.7}, ["8080.101", "text of letters"]),
    "a path as a name": ({"mangaID": ["1-../x"] * 12}, ["'1-../x'", "letters"]),
    "names of two": ({"fname": np.full((12, 2), "8080-1901")}, ["column fname"]),
    "a name in Latin-1": ({"bpt": np.array([b"\xe9"] * 12)}, ["bpt", "not ASCII"]),
    "no name": ({"fname": None, "mangaID": None}, ["no name", "plateifu", "mangaID"]),
    "an empty name": (
        {"plateifu": ["8080-1901"] * 11 + [""], "mangaID": None},
        ["row 11", "no name"],
    ),
    "two redshifts of a name": (
        {"redshift": np.where(np.arange(12) < 6, 0.03, 0.06)},
        ["8080-1901", "several redshifts", "name of its own"],
    ),
    "two mangaIDs of a name": (
        {"mangaID": [f"1-{i}" for i in range(12)]},
        ["8080-1901", "mangaIDs"],
    ),
    "rows missing": (
        {k: [v] * 5 for k, v in (("fname", "8080-1901"), ("mangaID", "1-5"))}
        | dict.fromkeys(("redshift", "r_re_light", "meansn2", "chi2", "signal"), FIVE),
        ["(12, 300)", "n = 5"],
    ),
    "no rows": (
        {k: [] for k in ("fname", "mangaID", "redshift", "r_re_light")}
        | {k: [] for k in ("meansn2", "chi2", "signal")},
        ["no rows", "one or more"],
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_tables_of_a_chunk(tmp_path, case):
    columns, words = TABLES[case]
    files = chunk(tmp_path, **columns)
    with pytest.raises(InputError) as bad:
        list(read_chunk(*(files[k] for k in ("spec", "wave", "table", "ivar"))))
    assert all(word in str(bad.value) for word in words), str(bad.value)


def test_files_of_a_chunk(tmp_path):
    """No noise at all; a truncated table; a table that is an image."""
    files = chunk(tmp_path, ivar=False, meansn2=None)
    order = [files[k] for k in ("spec", "wave", "table")]
    with pytest.raises(InputError, match=r"no column meansn2, and no ivar.*add an"):
        list(read_chunk(*order))
    truncated(files["table"])
    with pytest.raises(InputError, match=r"not a readable FITS|no such HDU"):
        list(read_chunk(*order))
    fits.ImageHDU(FLUX).writeto(files["table"], overwrite=True)
    with pytest.raises(InputError, match="expected a table"):
        list(read_chunk(*order))


ONES = np.ones(SHAPE, np.float32)
GALAXIES = {
    "no IVAR": ({"IVAR": None}, ["LOGCUBE", "no HDU IVAR", "cut"]),
    "no WAVE": ({"WAVE": None}, ["no HDU WAVE"]),
    "no BINID": ({"BINID": None}, ["MAPS", "no HDU BINID"]),
    "no velocities": ({"STELLAR_VEL": None}, ["no HDU STELLAR_VEL"]),
    "bins of another shape": (
        {"BINID": np.stack([binning(7)] * 5).astype(np.int32)},
        ["HDU 'BINID'", "(7, 7)", "(6, 6)"],
    ),
    "radii of another shape": (
        {"SPX_ELLCOO": np.ones((3, 7, 7))},
        ["HDU 'SPX_ELLCOO'", "(6, 6)"],
    ),
    "a mask of another shape": (
        {"MASK": np.zeros((299, 6, 6), np.int32)},
        ["HDU 'MASK'", "(299, 6, 6)", "FLUX"],
    ),
    "a mask of fractions": ({"MASK": ONES * np.nan}, ["'MASK'", "whole numbers"]),
    "bins of fractions": ({"BINID": ONES[:5] + 0.5}, ["'BINID'", "whole numbers"]),
    "radii without units": ({"SPX_ELLCOO": ONES[:1]}, ["'SPX_ELLCOO'", "2 channels"]),
    "places of one axis": ({"SPX_SKYCOO": ONES[0]}, ["'SPX_SKYCOO'", "2 channels"]),
    "wavelengths too many": ({"WAVE": np.r_[WAVE, 5300]}, ["300 planes", "301"]),
    "wavelengths in nm": ({"WAVE": WAVE / 10}, ["HDU 'WAVE'", "Å"]),
    "wavelengths fall": ({"WAVE": WAVE[::-1]}, ["HDU 'WAVE'", "increasing"]),
    "flux on two axes": ({"FLUX": ONES[0]}, ["HDU 'FLUX'", "3 axes"]),
    "negative ivar": ({"IVAR": -ONES}, ["negative variance", "0 or more"]),
    "no redshift": (
        {"maps_cards": {"SCINPVEL": "unknown"}},
        ["MAPS", "redshift", "SCINPVEL"],
    ),
    "an absurd redshift": ({"maps_cards": {"SCINPVEL": 1e9}}, ["redshift 3335"]),
    "a redshift in text": ({"maps_cards": {"SCINPVEL": "0.03"}}, ["redshift '0.03'"]),
    "a redshift of yes": ({"maps_cards": {"SCINPVEL": True}}, ["redshift True"]),
    "flags in text": ({"cards": {"DRP3QUAL": "0x0"}}, ["DRP3QUAL is '0x0'", "whole"]),
    "a path as a name": ({"cards": {"PLATEIFU": "../x"}}, ["PLATEIFU is '../x'"]),
    "maps of another": (
        {"maps_cards": {"PLATEIFU": "8081-1902"}},
        ["maps of 8081-1902", "8080-1901", "one galaxy"],
    ),
    "no plate-IFU": ({"cards": {"PLATEIFU": ""}}, ["PLATEIFU", "HDU 0"]),
}
USELESS = {
    "a critical cube": ({"cards": {"DRP3QUAL": 1 << 30}}, ["DRP3QUAL", "CRITICAL"]),
    "critical maps": ({"maps_cards": {"DAPQUAL": 1 << 30}}, ["DAPQUAL", "CRITICAL"]),
    "no bins": ({"BINID": np.full((5, SIDE, SIDE), -1)}, ["no spaxel is in a bin"]),
}


@pytest.mark.parametrize("case", GALAXIES | USELESS)
def test_galaxies_of_manga(tmp_path, case):
    kind = DatumError if case in USELESS else InputError
    changed, words = (GALAXIES | USELESS)[case]
    files = galaxy(tmp_path, **changed)
    with pytest.raises(kind) as bad:
        list(read_galaxy(*files))
    assert all(word in str(bad.value) for word in words), str(bad.value)
