"""The finder's catalogue: written, read, refused where it is not one."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from skyloom.clusters.finder.catalogue import (
    COLUMNS,
    catalogue,
    read_detections,
    write_detections,
)
from skyloom.clusters.finder.peaks import candidates
from skyloom.io.errors import InputError
from skyloom.sky.tan import tan_wcs
from skyloom.stats.calibration import Platt

WCS = tan_wcs(0.0, -40.0, (2560, 2560), 0.263)


@pytest.fixture
def found(made_maps) -> Table:
    """Return candidates of a tile."""
    clusters = [
        ((500.0, 500.0), 0.3, 30.0, 0.4),
        ((500.0, 1900.0), 0.5, 50.0, 0.9),
        ((1900.0, 1200.0), 0.6, 40.0, 0.6),
    ]
    return candidates(made_maps(clusters), WCS, name="T1")


@pytest.mark.parametrize("suffix", [".fits", ".ecsv"])
def test_a_catalogue_comes_back(found, tmp_path, suffix):
    """All values, units, descriptions; the same bytes twice."""
    path, table = tmp_path / f"clusters{suffix}", catalogue(found)
    write_detections(path, table)
    first = path.read_bytes()
    write_detections(path, table)
    assert path.read_bytes() == first
    again = read_detections(path)
    assert again.colnames == list(COLUMNS)
    for name in COLUMNS:
        assert again[name].tolist() == table[name].tolist()
        assert str(again[name].unit or "") == COLUMNS[name].unit
    if suffix == ".fits":
        with fits.open(path) as file:
            comments = [file[1].header[f"TCOMM{i + 1}"] for i in range(len(COLUMNS))]
        assert comments == [c.description for c in COLUMNS.values()]


@pytest.mark.parametrize("suffix", [".fits", ".ecsv"])
def test_an_empty_catalogue_is_one(found, tmp_path, suffix):
    """A tile without clusters."""
    write_detections(tmp_path / f"none{suffix}", catalogue(found[:0]))
    assert len(read_detections(tmp_path / f"none{suffix}")) == 0


def test_rows_are_sorted_and_names_stay(found):
    """Most probable first; an ID is the position's, not the row's."""
    table = catalogue(found)
    assert (np.diff(table["PROBABILITY"]) <= 0).all()
    part = catalogue(found[1:])
    assert set(part["ID"]) < set(table["ID"])
    digits = f"{table['ID'][0]:016d}"
    assert int(digits[:8]) / 1e5 == pytest.approx(table["RA"][0], abs=1e-5)
    assert int(digits[8:]) / 1e5 - 90 == pytest.approx(table["DEC"][0], abs=1e-5)


def test_two_at_one_position_have_two_names(found):
    """At different redshifts, say."""
    found["RA"], found["DEC"] = 359.9999999, -40.0
    assert len(set(catalogue(found)["ID"])) == 3


def test_probabilities_are_calibrated_and_cut(found):
    """From the score; rows less probable than 0.05 are left out."""
    known = Platt(1.0, -1.0)
    table = catalogue(found, known)
    wanted = np.sort(known(found["SCORE"]))[::-1]
    np.testing.assert_allclose(table["PROBABILITY"], wanted)
    odds = np.log(0.05 / 0.95) - np.log(wanted[1] / (1 - wanted[1]))
    for shift, rows in ((1e-6, 2), (-1e-6, 1)):
        assert len(catalogue(found, Platt(1.0, -1.0 + odds + shift))) == rows


def set_cell(name, value):
    def change(table):
        table[name][1] = value

    return change


def set_unit(table):
    table["EXTENT"].unit = "arcsec"


def set_words(table):
    table["Z"] = ["a", "b", "c"]


def drop(table):
    del table["LAMBDA_ERR"]


BAD = {
    "missing column": (drop, "LAMBDA_ERR: missing column"),
    "unit": (set_unit, "EXTENT: unit 'arcsec'; expected 'arcmin'"),
    "words": (set_words, "Z: dtype"),
    "probability": (set_cell("PROBABILITY", 1.1), "row 2, PROBABILITY: got 1.1"),
    "right ascension": (set_cell("RA", -0.1), "row 2, RA: got -0.1"),
    "declination": (set_cell("DEC", np.nan), "row 2, DEC: got nan"),
    "richness": (set_cell("LAMBDA", np.inf), "row 2, LAMBDA: got inf"),
    "error": (set_cell("Z_ERR", -0.01), "row 2, Z_ERR: got -0.01"),
    "area": (set_cell("AREA_FRACTION", 2.0), "row 2, AREA_FRACTION: got 2"),
}


@pytest.mark.parametrize("suffix", [".fits", ".ecsv"])
@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD)
def test_bad_catalogues_are_refused(found, tmp_path, suffix, change, message):
    """With the file, the row and the column."""
    path, table = tmp_path / f"clusters{suffix}", catalogue(found)
    change(table)
    write_detections(path, table)
    with pytest.raises(InputError) as refused:
        read_detections(path)
    assert f"clusters{suffix}: {message}" in str(refused.value)


def test_bad_files_are_refused(found, tmp_path):
    """Absent, empty, cut, of another suffix; an ID that comes twice."""
    path, table = tmp_path / "clusters.fits", catalogue(found)
    with pytest.raises(InputError, match="no such file"):
        read_detections(path)
    write_detections(path, table)
    path.with_suffix(".csv").write_text("ID\n1\n")
    with pytest.raises(InputError, match=r"ends in '\.csv'"):
        read_detections(path.with_suffix(".csv"))
    path.write_bytes(path.read_bytes()[:6000])
    with pytest.raises(InputError, match="not a readable"):
        read_detections(path)
    path.with_suffix(".ecsv").write_text("no catalogue")
    with pytest.raises(InputError, match="not a readable"):
        read_detections(path.with_suffix(".ecsv"))
    table["ID"][1] = table["ID"][0]
    write_detections(path, table)
    with pytest.raises(InputError, match=r"row 2, ID: .* comes twice"):
        read_detections(path)
