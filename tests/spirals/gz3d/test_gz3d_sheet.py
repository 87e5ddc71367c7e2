"""Rows of galaxies, and files of the archive."""

from __future__ import annotations

import pytest
from skyloom.io.errors import InputError
from skyloom.spirals.gz3d.archive import listed, url_of
from skyloom.spirals.gz3d.files import read_gz3d
from skyloom.spirals.gz3d.sheet import COLUMNS, row, sheet

SEED = "ra dec mangaid iauname ifudesignsize manga_tileid nsa_id explorer_link "
SEED += "gz_total_classifications gz_bar_votes gz_spiral_votes sample "
SEED += "relative_gz3d_fits_loc"
SUM = "0" * 64


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


def test_addresses_and_sums(tmp_path):
    """A list of sums is what is fetched."""
    path = tmp_path / "sums"
    path.write_text(f"{SUM}  v4/gz3d_1-2_19_7.fits.gz\n{SUM} *1-1_19_8.fits.gz\n")
    assert listed(path) == {"gz3d_1-2_19_7": SUM, "1-1_19_8": SUM}
    assert (
        url_of("https://a/v4/", "gz3d_1-2_19_7") == "https://a/v4/gz3d_1-2_19_7.fits.gz"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"{SUM} gz3d_1-2_19_7.fits", r"expected names that end in \.fits\.gz"),
        (f"{SUM} metadata.fits.gz", "a file named 'metadata'"),
        (f"{SUM}", "line 1: got"),
    ],
)
def test_a_list_of_other_files_is_refused(tmp_path, line, message):
    path = tmp_path / "sums"
    path.write_text(f"{line}\n")
    with pytest.raises(InputError, match=message) as caught:
        listed(path)
    assert str(path) in str(caught.value)
