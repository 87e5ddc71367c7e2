"""The catalogue: its rows, and that files keep them."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from skyloom.clusters.finder.catalogue import COLUMNS, catalogue
from skyloom.clusters.finder.joint import joined
from skyloom.clusters.finder.peaks import candidates
from skyloom.clusters.tasks.products import read_candidates
from skyloom.io.catalogues import write_catalogue
from skyloom.sky.tan import tan_wcs

WCS = tan_wcs(0.0, -40.0, (2560, 2560), 0.263)


@pytest.fixture
def found(made_maps) -> Table:
    """Return the joint list of a tile in which the filter finds one in three."""
    clusters = [
        ((500.0, 500.0), 0.3, 30.0, 0.4),
        ((500.0, 1900.0), 0.5, 50.0, 0.9),
        ((1900.0, 1200.0), 0.6, 40.0, 0.6),
    ]
    seen = candidates(made_maps(clusters), WCS, name="T1")
    filtered = seen[:1].copy()
    filtered["MASKFRAC"], filtered["P_CENTRAL"] = 0.0, 0.9
    filtered["FLAG"], filtered["SCORE"] = 0, 40.0
    table = joined(filtered, seen)
    table["PROBABILITY"] = [0.9, 0.03, 0.3]
    return table


def back(path) -> Table:
    return read_candidates(path) if path.suffix == ".fits" else Table.read(path)


@pytest.mark.parametrize("suffix", [".fits", ".ecsv"])
def test_a_catalogue_comes_back(found, tmp_path, suffix):
    """All values, units, descriptions; the same bytes twice."""
    path, table = tmp_path / f"clusters{suffix}", catalogue(found)
    write_catalogue(path, table)
    first = path.read_bytes()
    write_catalogue(path, table)
    assert path.read_bytes() == first
    again = back(path)
    assert again.colnames == list(COLUMNS)
    for name, (unit, _, _) in COLUMNS.items():
        np.testing.assert_array_equal(again[name], table[name])
        assert str(again[name].unit or "") == unit
    if suffix == ".fits":
        with fits.open(path) as file:
            comments = [file[1].header[f"TCOMM{i + 1}"] for i in range(len(COLUMNS))]
        assert comments == [description for _, description, _ in COLUMNS.values()]


@pytest.mark.parametrize("suffix", [".fits", ".ecsv"])
def test_an_empty_catalogue_is_one(found, tmp_path, suffix):
    """A tile without clusters."""
    write_catalogue(tmp_path / f"none{suffix}", catalogue(found[:0]))
    assert len(back(tmp_path / f"none{suffix}")) == 0


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


def test_the_least_probable_are_cut(found):
    """Those of the least probability itself are in."""
    assert catalogue(found, least=0.3)["PROBABILITY"].tolist() == [0.9, 0.3]


def test_a_list_without_tiles_has_no_places_on_them(found):
    """That of a whole field."""
    found.remove_columns(["X", "Y", "TILES", "EDGE"])
    names = catalogue(found).colnames
    assert names == [n for n in COLUMNS if n not in {"X", "Y", "TILES"}]
