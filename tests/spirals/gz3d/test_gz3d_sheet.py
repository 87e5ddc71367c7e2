"""Rows of galaxies."""

from __future__ import annotations

from skyloom.spirals.gz3d.files import read_gz3d
from skyloom.spirals.gz3d.sheet import COLUMNS, row, sheet

SEED = "ra dec mangaid iauname ifudesignsize manga_tileid nsa_id explorer_link "
SEED += "gz_total_classifications gz_bar_votes gz_spiral_votes sample "
SEED += "relative_gz3d_fits_loc"


def test_rows_have_the_seeds_columns(written):
    """HDU 5 in lower case, and how many were asked."""
    found = sheet([row(read_gz3d(written), "v4/a.fits.gz")])
    assert list(found) == list(COLUMNS) == ["name", *SEED.split(), *COLUMNS[-2:]]
    one = found.iloc[0]
    assert (one["name"], one["mangaid"]) == ("gz3d_1-304336_127_14724446", "1-304336")
    assert (one["ra"], one["dec"]) == (123.118, 50.24861)
    assert one["relative_gz3d_fits_loc"] == "v4/a.fits.gz"
    assert (one["spiral_asked"], one["bar_asked"]) == (5, 0)


def test_an_empty_sheet_has_its_columns():
    assert list(sheet([])) == list(COLUMNS)
