"""Damaged files of GZ3D are refused, with the file and the place."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from skyloom.io.errors import InputError
from skyloom.spirals.gz3d.files import read_gz3d
from skyloom.spirals.gz3d.galaxy import name_of

NAME = "gz3d_1-304336_127_14724446.fits.gz"


def changed(path, change):
    """Change the HDUs of a file, and drop its checksums."""
    with fits.open(path) as file:
        hdus = [hdu.copy() for hdu in file]
    for hdu in hdus:
        for card in ("CHECKSUM", "DATASUM"):
            hdu.header.remove(card, ignore_missing=True)
    hdus = change(hdus) or hdus
    return fits.HDUList(hdus)


def card(hdu, name, value):
    def change(hdus):
        hdus[hdu].header[name] = value

    return change


def cell(hdu, column, value, row=0):
    """Change a cell, in a column as wide as it needs to be."""

    def change(hdus):
        table = Table(hdus[hdu].data)
        values = [v.decode() if isinstance(v, bytes) else v for v in table[column]]
        values[row] = value
        table[column] = values
        hdus[hdu] = fits.table_to_hdu(table)

    return change


def table(hdu, change_table):
    def change(hdus):
        hdus[hdu] = fits.table_to_hdu(change_table(Table(hdus[hdu].data)))

    return change


def pixels(hdu, array):
    def change(hdus):
        hdus[hdu].data = array

    return change


def without(*names):
    return lambda rows: rows[[name for name in rows.colnames if name not in names]]


def narrow(rows):
    rows["spiral_paths"] = rows["spiral_paths"].astype("S60")
    return rows


STROKES = {
    "cut JSON": ("[[[1, 2], [3", r"12 characters.*cut at the column's width"),
    "no JSON": ("hello", "5 characters that are not JSON"),
    "an empty cell": ("", "0 characters that are not JSON"),
    "a number": ("7", "got '7'; expected a list of components"),
    "null": ("null", "got 'None'; expected a list of components"),
    "an object": ('{"x": 1}', "expected a list of components"),
    "too flat": ("[[1, 2]]", r"component 1: got '\[1, 2\]'; expected a list of"),
    "too deep": ("[[[[1, 2]]]]", r"component 1: got '\[\[\[1, 2\]\]\]'"),
    "three numbers": ("[[], [[1, 2, 3]]]", "component 2: got"),
    "text for numbers": ('[[["1", "2"]]]', "component 1: got '1'; expected a number"),
    "NaN": ("[[[1, NaN]]]", "component 1: got 'nan'; expected a number"),
    "infinity": ("[[[1, 1e999]]]", "component 1: got 'inf'; expected a number"),
    "a vertex of null": ("[[[1, null]]]", "component 1: got 'None'"),
    "a truth": ("[[[1, true]]]", "component 1: got 'True'"),
    "off the sky": ("[[[1, 1e6]]]", "got '1000000.0'; expected a number within 10 can"),
    "nested without end": ("[" * 5000, "nested too deeply|not JSON"),
    "a number of 5000 digits": (f"[[[{'1' * 5000}, 1]]]", "Exceeds the limit"),
}
FILES = {
    "an HDU is missing": (lambda hdus: hdus[:10], "10 HDUs; expected 11"),
    "an HDU too many": (lambda hdus: [*hdus, hdus[4]], "12 HDUs; expected 11"),
    "HDUs in another order": (
        lambda hdus: [hdus[0], *hdus[2:6], hdus[1], *hdus[6:]],
        "HDU 5: an image; expected a table",
    ),
    "no image to draw on": (pixels(1, np.zeros((3, 525, 525))), "HDU 1: shape"),
    "a map of another size": (pixels(3, np.zeros((525, 500))), r"HDU 3: \(525, 500\)"),
    "an image of one colour": (pixels(0, np.zeros((525, 525), "u1")), "HDU 0: shape"),
    "an image of floats": (pixels(0, np.zeros((525, 525, 3))), "HDU 0: float64"),
    "no column of strokes": (table(9, without("spiral_paths")), "HDU 9: no column SPI"),
    "no ids": (table(8, without("classification_id")), "HDU 8: no column CLASSIFICAT"),
    "no times where nobody was asked": (
        table(10, without("time_stamp")),
        "HDU 10: no column TIME_STAMP",
    ),
    "no declination": (table(5, without("dec")), "HDU 5.*: no column dec"),
    "two rows": (table(5, lambda t: t[[0, 0]]), "HDU 5: 2 rows; expected one"),
    "no row": (table(5, lambda t: t[:0]), "HDU 5.*no rows"),
    "an id twice": (
        cell(9, "classification_id", 31_000_001, 3),
        "HDU 9, row 4: classification 31000001 already stands in row 1",
    ),
    "an id of text": (
        cell(9, "classification_id", "x", 3),
        "HDU 9, row 4, column 'classification_id': got",
    ),
    "an id below 0": (cell(8, "classification_id", -1, 2), "HDU 8, row 3, column"),
    "clicks too deep": (
        cell(8, "star_points", "[[[1, 2]]]", 4),
        "HDU 8, row 5, column 'star_points': clicks: got",
    ),
    "right ascension is NaN": (cell(5, "ra", np.nan), "HDU 5, column 'ra': got"),
    "another galaxy": (cell(5, "MANGAID", "1-2"), "HDU 5: MANGAID '1-2'; expected"),
    "another bundle": (cell(5, "IFUDESIGNSIZE", 19.0), "HDU 5: IFUDESIGNSIZE 19.0"),
    "another place": (cell(5, "dec", 50.3), "HDU 5: ra, dec .*within 1.0 arcsec"),
    "no projection": (card(1, "CTYPE1", "RA---SIN"), "HDU 1: world coordinates"),
    "north down": (card(1, "PC2_2", 2.75e-5), "HDU 1: .*; expected TAN, CRPIX at"),
    "turned": (card(1, "PC1_2", 1e-5), "HDU 1: world coordinates"),
    "text for a place": (card(1, "CRVAL1", "12"), "HDU 1: world coordinates"),
    "text for a step": (card(1, "CDELT1", "1"), "HDU 1: world coordinates"),
    "another middle": (card(1, "CRPIX1", 1.0), "HDU 1: world coordinates"),
    "beyond the pole": (card(1, "CRVAL2", 95.0), "HDU 1: world coordinates"),
    "no step": (card(1, "CDELT2", 0.0), "HDU 1: world coordinates"),
    "columns too narrow": (table(9, narrow), "HDU 9, row 1.*cut at the column's width"),
}


def refused(path, message):
    with pytest.raises(InputError, match=message) as caught:
        read_gz3d(path, whole=True)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("case", FILES)
def test_another_file_is_refused(small, tmp_path, case):
    """Other HDUs, columns, world coordinates."""
    change, message = FILES[case]
    changed(small, change).writeto(tmp_path / NAME)
    refused(tmp_path / NAME, message)


@pytest.mark.parametrize("case", STROKES)
def test_text_that_is_no_stroke_is_refused(small, tmp_path, case):
    """With HDU, row and column."""
    text, message = STROKES[case]
    changed(small, cell(9, "spiral_paths", text, 1)).writeto(tmp_path / NAME)
    refused(tmp_path / NAME, rf"HDU 9, row 2, column 'spiral_paths': .*({message})")


def packed(change):
    return lambda raw: gzip.compress(change(gzip.decompress(raw)))


def axis(name, value):
    old, new = (f"{name}  = {v:20}".encode() for v in (75, value))
    return packed(lambda plain: plain.replace(old, new))


BYTES = {
    "cut": lambda raw: raw[: len(raw) // 2],
    "cut near its end": lambda raw: raw[:-3],
    "empty": lambda raw: b"",
    "no gzip": lambda raw: b"SIMPLE? no" * 400,
    "a flipped bit": lambda raw: raw[:3000] + bytes([raw[3000] ^ 8]) + raw[3001:],
    "cut before it was packed": packed(lambda plain: plain[:-3000]),
    "an image too large": axis("NAXIS2", 99999999999999),
    "an axis below 0": axis("NAXIS1", -25),
    "a pixel changed": packed(lambda plain: plain[:3000] + b"?" + plain[3001:]),
}


@pytest.mark.parametrize("case", BYTES)
def test_damaged_bytes_are_refused(small, tmp_path, case):
    """Cut, changed, or of another kind."""
    path = tmp_path / NAME
    path.write_bytes(BYTES[case](small.read_bytes()))
    refused(path, "not a readable FITS|empty")


@pytest.mark.parametrize(
    "name", ["a.fits.gz", "gz3d_1-304336_127.fits.gz", "gz3d_1-304336_127_x.fits.gz"]
)
def test_another_name_is_refused(name):
    """Of which no galaxy can be told."""
    with pytest.raises(InputError, match=r"a file named.*expected gz3d_<MANGAID>"):
        name_of(f"somewhere/{name}")


def test_no_file_is_named(tmp_path):
    refused(tmp_path / NAME, "no such file")


def test_bad_marks_of_nobody_are_read(small, tmp_path):
    """Clicks without a place are left out, as GZ3D does; an empty component is none."""
    change = changed(small, cell(8, "star_points", "[[1, null], [3, 4], [NaN, 1]]"))
    change = cell(9, "spiral_paths", "[[], [[1, 2]]]", 1)(change) or change
    change.writeto(tmp_path / NAME)
    found = read_gz3d(tmp_path / NAME, whole=True)
    assert found.clicks.stars[0].tolist() == [[3, 4]]
    assert [c.tolist() for c in found.spiral.paths[1]] == [[[1, 2]]]
