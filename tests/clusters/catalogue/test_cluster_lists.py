"""Reading and writing lists of clusters."""

from __future__ import annotations

import gzip
import warnings

import numpy as np
import pytest
from astropy.coordinates import Longitude, SkyCoord
from astropy.io import fits
from astropy.table import MaskedColumn, Table
from astropy.time import Time
from astropy.units import Unit
from skyloom.clusters.catalogue.lists import (
    COLUMNS,
    read_clusters,
    write_clusters,
)
from skyloom.io.errors import InputError

HEADER = "ID,RA,dec,redshift,lambda"
ROWS = ("1,43.56,-58.95,0.43,234.5", "2,79.16,-54.5,0.304,195.07")


@pytest.fixture
def csv(tmp_path):
    """Return a function that writes lines as a CSV file."""

    def write(*lines, name="list.csv"):
        path = tmp_path / name
        data = ("\n".join(lines) + "\n").encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


def clusters(n=3):
    rng = np.random.default_rng(0)
    values = rng.uniform(0.1, 80, (n, len(COLUMNS)))
    table = Table(values, names=COLUMNS)
    table["ID"] = np.arange(7, 7 + n)
    table["Z_LAMBDA"] /= 80
    return table


@pytest.mark.parametrize("name", ["list.csv", "list.csv.gz"])
def test_reads_known_names_of_columns(csv, name):
    """Published names become ours; what is not there is NaN, and said so."""
    table = read_clusters(csv(HEADER, *ROWS, "", name=name))
    assert table.colnames == list(COLUMNS)
    assert table["ID"].tolist() == [1, 2]
    assert table["RA"].tolist() == [43.56, 79.16]
    assert table["LAMBDA"].tolist() == [234.5, 195.07]
    assert np.isnan(table["LAMBDA_ERR"]).all()
    assert table.meta == {"absent": ["Z_LAMBDA_ERR", "LAMBDA_ERR"], "dropped": 0}


def test_columns_can_be_named(csv):
    """A mapping of config goes before known names."""
    path = csv("name,RA,DEC,Z,LAMBDA,N", "a,1,2,0.3,4.5,20", "b,2,2,0.3,,30")
    table = read_clusters(path, {"LAMBDA": "N"})
    assert table["LAMBDA"].tolist() == [20, 30]
    assert table["ID"].tolist() == ["a", "b"]


@pytest.mark.parametrize("suffix", [".fits", ".ecsv"])
def test_what_is_written_is_read(tmp_path, suffix):
    """All columns, in both formats, the same bytes each time; places come along."""
    table = clusters()
    for name in ("X", "Y", "R_LAMBDA", "R_PIX"):
        table[name] = [1.5, 2.5, 3.5]
    table["LAMBDA_ERR"][1] = np.nan
    paths = [tmp_path / f"{k}{suffix}" for k in "ab"]
    for path in paths:
        write_clusters(path, table)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    back = read_clusters(paths[0])
    assert back.colnames == table.colnames
    for name in table.colnames:
        assert np.array_equal(back[name], table[name], equal_nan=name != "ID")


def test_list_of_a_field_without_clusters(tmp_path):
    """An empty truth is written and read where it is asked for."""
    write_clusters(tmp_path / "none.fits", clusters(0))
    assert len(read_clusters(tmp_path / "none.fits", empty=True)) == 0
    with pytest.raises(InputError, match="no clusters"):
        read_clusters(tmp_path / "none.fits")


def test_masked_errors_are_nan(tmp_path):
    """A masked cell of ECSV is a missing value."""
    table = clusters()
    table["LAMBDA_ERR"] = MaskedColumn([1.0, 2.0, 3.0], mask=[False, True, False])
    table.write(tmp_path / "list.ecsv")
    back = read_clusters(tmp_path / "list.ecsv")
    assert np.isnan(back["LAMBDA_ERR"]).tolist() == [False, True, False]


def test_unknown_redshifts(csv):
    """Such clusters are left out, and counted; of none left there is no list."""
    table = read_clusters(csv(HEADER, ROWS[0], "2,1,1,,30", "3,1,1,0.2,30"))
    assert table["ID"].tolist() == [1, 3]
    assert table.meta["dropped"] == 1
    with pytest.raises(InputError, match="no clusters; expected one row or more"):
        read_clusters(csv(HEADER, "2,1,1,,30"))


def test_a_list_without_richness(csv):
    """An SZ list has none, and is read where none is required."""
    table = read_clusters(
        csv("name,RA,dec,redshift", "a,1,2,0.3"), require=("RA", "DEC", "Z_LAMBDA")
    )
    assert np.isnan(table["LAMBDA"]).all()
    assert "LAMBDA" in table.meta["absent"]


def test_long_identifiers_keep_their_digits(csv):
    """An ID of 18 digits does not pass through a float."""
    table = read_clusters(csv(HEADER, "123456789012345678,1,1,0.2,30"))
    assert table["ID"].tolist() == [123456789012345678]


BAD = {
    "RA in minus degrees": ((HEADER, "1,-10,2,0.3,20"), "row 2: RA = -10"),
    "RA above 360": ((HEADER, "1,361,2,0.3,20"), "0 to 360"),
    "Dec": ((HEADER, *ROWS, "3,10,-91,0.3,20"), "row 4: DEC = -91"),
    "RA is infinite": ((HEADER, "1,inf,2,0.3,20"), "row 2, column 'RA': got 'inf'"),
    "RA is 1e999": ((HEADER, "1,1e999,2,0.3,20"), "got '1e999'"),
    "RA with an underscore": ((HEADER, "1,1_0,2,0.3,20"), "got '1_0'"),
    "decimal comma": (("RA;dec;z;lambda", "1,5;2;0.3;20"), "'1,5'.*with a point"),
    "redshift 0": ((HEADER, "1,10,2,0,20"), "Z_LAMBDA = 0; expected a number above 0"),
    "redshift -1": ((HEADER, "1,10,2,-1,20"), "no clusters"),
    "redshift -9": ((HEADER, "1,10,2,-9,20"), "Z_LAMBDA = -9.*or write -1"),
    "redshift 99": ((HEADER, "1,10,2,99,20"), "row 2: Z_LAMBDA = 99.*leave the cell"),
    "redshift 1e300": ((HEADER, "1,10,2,1e300,20"), "Z_LAMBDA = 1e.300"),
    "no redshift": ((HEADER, "1,10,2,NaN,20"), "no clusters"),
    "richness 0": ((HEADER, "1,10,2,0.3,0"), "LAMBDA = 0"),
    "richness 1e308": ((HEADER, "1,10,2,0.3,1e308"), "LAMBDA = 1e.308; .* 1e17 at"),
    "rounded ID": (
        (HEADER, "39627733433519872.0,1,1,0.2,9"),
        "may be a float that was",
    ),
    "no richness": ((HEADER, "1,10,2,0.3,"), "LAMBDA = nan"),
    "ID twice": ((HEADER, ROWS[0], ROWS[0]), "row 3, column 'ID': 1 already"),
    "ID broken": ((HEADER, "1.5,10,2,0.3,20"), "'1.5'; expected a whole number"),
    "no ID": ((HEADER, ",10,2,0.3,20"), "row 2, column 'ID': empty cell"),
    "name twice": (
        (HEADER, "A,1,1,1,20", "A,1,1,1,20"),
        "'ID': A already",
    ),
    "two in other cases": (("Ra,rA,dec,z,lambda", "1,1,1,1,20"), "could both be RA"),
    "a web page": (("<html>", "</html>"), "a web page"),
    "word for number": ((HEADER, *ROWS, "3,10:20:30,2,0.3,20"), "row 4, column 'RA'"),
    "column twice": (("RA,RA,dec,redshift,lambda", "1,1,1,1,1"), "appears twice"),
    "no column": (("ID,RA,dec,lambda", "1,1,1,20"), "no column Z_LAMBDA"),
    "two for one": (("RA,dec,z,redshift,lambda", "1,1,1,1,20"), "could both be"),
    "header only": ((HEADER,), "no clusters"),
    "cut line": ((HEADER, ROWS[0], "2,79.16,-5"), "row 3: 3 cell.s.; expected 5"),
    "long line": ((HEADER, ROWS[0] + ",9,9"), "row 2: 7 cell"),
    "open quote": ((HEADER, '"1,10,2,0.3,20'), "row 2: unexpected end of data"),
    "negative error": (
        ("RA,dec,z,lambda,lambda_err", "1,1,1,20,-2"),
        "LAMBDA_ERR = -2; expected 0 or more",
    ),
}


@pytest.mark.parametrize("lines_says", BAD.values(), ids=BAD)
def test_bad_lines_are_refused(csv, lines_says):
    """With file, row and what was expected."""
    lines, says = lines_says
    with pytest.raises(InputError, match=says) as caught:
        read_clusters(csv(*lines))
    assert "list.csv" in str(caught.value)


def test_bad_mapping_is_refused(csv):
    """A column that config names and the file does not have."""
    with pytest.raises(InputError, match="no column 'NGALS', asked for as LAMBDA"):
        read_clusters(csv(HEADER, *ROWS), {"LAMBDA": "NGALS"})


def test_damaged_files_are_refused(csv, tmp_path):
    """Missing, empty, cut, of another format, not UTF-8."""
    good = csv(HEADER, *ROWS * 1, name="list.csv.gz")
    write_clusters(tmp_path / "good.fits", clusters(500))
    whole = (tmp_path / "good.fits").read_bytes()
    files = {
        "empty.csv": (b"", "empty"),
        "blank.csv": (b"\n\n", "no header"),
        "cut.csv.gz": (good.read_bytes()[:-12], "not a readable CSV"),
        "latin.csv": (HEADER.encode() + b"\n\xe9,1,1,1,1\n", "byte 0xe9"),
        "cut.fits": (whole[:4000], "not a readable FITS"),
        "text.fits": (b"RA DEC\n" * 500, "not a readable FITS"),
        "text.ecsv": (b"RA DEC\n1 2\n", "not a readable ECSV"),
        "list.txt": (b"RA DEC\n1 2\n", "unknown suffix"),
    }
    for name, (content, says) in files.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=says):
            read_clusters(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        read_clusters(tmp_path / "nowhere.fits")


def test_bad_fits_tables_are_refused(tmp_path):
    """No table, degrees in other units, a word or a vector for a number."""
    path = tmp_path / "list.fits"
    fits.PrimaryHDU(np.zeros((4, 4))).writeto(path)
    with pytest.raises(InputError, match="hold no table"):
        read_clusters(path)
    table = clusters()
    table["RA"].unit = "rad"
    table.write(path, overwrite=True)
    with pytest.raises(InputError, match="unit rad; expected degrees"):
        read_clusters(path)
    table = clusters()
    table["LAMBDA"] = ["rich", "poor", "poor"]
    table.write(path, overwrite=True)
    with pytest.raises(InputError, match="row 1, column 'LAMBDA': got 'rich'"):
        read_clusters(path)
    table["LAMBDA"] = np.ones((3, 2))
    table.write(path, overwrite=True)
    with pytest.raises(InputError, match="no column LAMBDA"):
        read_clusters(path)


def test_bad_tables_are_not_written(tmp_path):
    """A missing column or another suffix; nothing is left behind."""
    with pytest.raises(KeyError, match="Z_LAMBDA"):
        write_clusters(tmp_path / "a.fits", clusters()["ID", "RA", "DEC"])
    with pytest.raises(ValueError, match="ends in"):
        write_clusters(tmp_path / "a.csv", clusters())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("1237648720693755905.0", None),
        (
            "1.2376487E+18",
            "column 'ID': '1.2376487E\\+18' has lost its digits; .* column as text",
        ),
    ],
)
def test_identifiers_from_floats_and_spreadsheets(csv, cell, said):
    """As a table writes them; a spreadsheet's are refused, with what to do."""
    path = csv("ID,RA,DEC,Z,LAMBDA", f"{cell},1,2,0.3,20")
    if said is None:
        assert read_clusters(path)["ID"].tolist() == [1237648720693755905]
    else:
        with pytest.raises(InputError, match=f"row 2, {said}"):
            read_clusters(path)


@pytest.mark.parametrize("suffix", [".fits", ".ecsv", ".csv"])
def test_identifiers_of_every_format(tmp_path, suffix):
    """Names stand as they are, long numbers keep their digits, floats are refused."""
    path, long = tmp_path / f"list{suffix}", [1237648720693755905, 2, 3]
    for given, read in (
        (["CLX J0001-0001", "7", "8.0"], ["CLX J0001-0001", "7", "8.0"]),
        (long, long),
        ([f"{k}.0" for k in long], long),
    ):
        table = clusters()
        table["ID"] = given
        table.write(path, overwrite=True)
        assert read_clusters(path)["ID"].tolist() == read
    table["ID"] = np.array(long, float)
    table.write(path, overwrite=True)
    with pytest.raises(InputError, match=r"row [12], .*'ID': .*(float64|its digits)"):
        read_clusters(path)


def test_a_list_as_people_have_it(csv):
    """Semicolons, blanks, another case, rows without content, -1 for no redshift."""
    path = csv(
        "Id; Ra; Dec; Redshift; Lambda", "1;1.5;2;0.3;20", "", "2;3;4;-1;30", ";;;;"
    )
    table = read_clusters(path)
    assert table["ID"].tolist() == [1]
    assert table.meta["dropped"] == 1


@pytest.mark.parametrize(
    ("header", "cells", "read"),
    [
        ("MCXC", ("J0000.1+0816", "J0001"), ["J0000.1+0816", "J0001"]),
        ("name", ("A 1", "A 1"), [1, 2]),
        ("name", ("A 1", ""), [1, 2]),
    ],
)
def test_names_stand_for_an_absent_id(csv, header, cells, read):
    """If each row has its own; if not, rows are numbered."""
    table = read_clusters(
        csv(f"{header},RA,DEC,Z,LAMBDA", *(f"{cell},1,2,0.3,20" for cell in cells))
    )
    assert table["ID"].tolist() == read
    assert ("ID" in table.meta["absent"]) == (read == [1, 2])


def test_names_are_written_and_read(tmp_path):
    """As FITS keeps text."""
    table = clusters()
    table["ID"] = ["A 1", "B", "C"]
    write_clusters(tmp_path / "a.fits", table)
    assert read_clusters(tmp_path / "a.fits")["ID"].tolist() == ["A 1", "B", "C"]


@pytest.mark.parametrize("suffix", [".fits", ".ecsv"])
@pytest.mark.parametrize("unit", ["degrees", "DEGREE", "Degrees", "deg"])
def test_degrees_by_any_name(tmp_path, suffix, unit):
    """They can mean nothing else; hours and radians do."""
    table = clusters()
    table["RA"].unit = Unit(unit, parse_strict="silent")
    with warnings.catch_warnings(action="ignore"):
        table.write(tmp_path / f"a{suffix}")
    assert len(read_clusters(tmp_path / f"a{suffix}")) == len(table)
    for other in ("rad", "arcsec", "furlong"):
        table["RA"].unit = Unit(other, parse_strict="silent")
        with warnings.catch_warnings(action="ignore"):
            table.write(tmp_path / f"b{suffix}", overwrite=True)
        with pytest.raises(InputError, match=f"'RA': unit {other}; .*convert it"):
            read_clusters(tmp_path / f"b{suffix}")


@pytest.mark.parametrize("suffix", [".fits", ".ecsv"])
def test_columns_that_are_no_list_do_not_matter(tmp_path, suffix):
    """Sky coordinates and vectors; and degrees are degrees."""
    table = clusters()
    table["where"] = SkyCoord(table["RA"], table["DEC"], unit="deg")
    table["vector"] = np.ones((len(table), 2))
    table["RA"].unit = Unit("degrees", parse_strict="silent")
    with warnings.catch_warnings(action="ignore"):
        table.write(tmp_path / f"list{suffix}")
    path = tmp_path / f"list{suffix}"
    assert len(read_clusters(path)) == len(table)
    with pytest.raises(InputError, match=r"'where', asked for as RA.*where \(SkyCoord"):
        read_clusters(path, {"RA": "where"})


def test_angles_and_times_of_ecsv(tmp_path):
    """An angle is read as its value and unit; a time does not matter."""
    table = clusters()
    table["RA"] = Longitude(table["RA"], unit="deg")
    table["seen"] = Time(np.full(len(table), 2460000.5), format="jd")
    table.write(tmp_path / "a.ecsv")
    assert np.array_equal(read_clusters(tmp_path / "a.ecsv")["RA"], table["RA"].value)
