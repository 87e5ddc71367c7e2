"""Catalogues in FITS and ECSV."""

from __future__ import annotations

import astropy.units as u
import pytest
from astropy.io import fits
from astropy.table import Table
from skyloom.io.catalogues import write_catalogue
from skyloom.io.record import cards
from skyloom.run.provenance import Recipe


def catalogue() -> Table:
    table = Table({"id": [1, 2], "mag": [15.0, 16.0] * u.mag, "s": ["x", "yy"]})
    table["mag"].info.description = "apparent magnitude"
    table["mag"].info.meta = {"ucd": "phot.mag"}
    return table


def test_catalogue_fits_keeps_units_ucds_and_descriptions(tmp_path):
    """TUNIT, TCOMM, TUCD; checksums hold; same table, same bytes."""
    for name in ("a.fits", "b.fits"):
        write_catalogue(tmp_path / name, catalogue())
    assert (tmp_path / "a.fits").read_bytes() == (tmp_path / "b.fits").read_bytes()
    with fits.open(tmp_path / "a.fits", checksum=True) as file:
        cards = file["CATALOGUE"].header
        assert cards["TUNIT2"] == "mag"
        assert cards["TUCD2"] == "phot.mag"
        assert cards["TCOMM2"] == "apparent magnitude"
        assert file["CATALOGUE"].verify_checksum() == 1
    assert Table.read(tmp_path / "a.fits")["mag"].unit == u.mag


def test_catalogue_fits_holds_its_provenance(tmp_path):
    """The cards stand in the primary header; rows and units do not change."""
    made = Recipe({"a": 1}, "f" * 64).record()
    table = catalogue()
    table.meta["provenance"] = made
    write_catalogue(tmp_path / "a.fits", table)
    write_catalogue(tmp_path / "b.fits", catalogue())
    with (
        fits.open(tmp_path / "a.fits", checksum=True) as file,
        fits.open(tmp_path / "b.fits") as bare,
    ):
        header = file[0].header
        assert {name: header[name] for name in cards(made)} == cards(made)
        assert file[1].header == bare[1].header
        assert (file[1].data == bare[1].data).all()
    assert table.meta["provenance"] == made


def test_catalogue_ecsv(tmp_path):
    """Everything returns, and the bytes are the same."""
    for name in ("a.ecsv", "b.ecsv"):
        write_catalogue(tmp_path / name, catalogue())
    assert (tmp_path / "a.ecsv").read_bytes() == (tmp_path / "b.ecsv").read_bytes()
    again = Table.read(tmp_path / "a.ecsv")
    assert again["mag"].info.meta == {"ucd": "phot.mag"}


def test_catalogue_refuses_other_suffixes(tmp_path):
    """The message says which ones there are."""
    with pytest.raises(ValueError, match=r"ends in \.fits or \.ecsv"):
        write_catalogue(tmp_path / "a.txt", catalogue())
