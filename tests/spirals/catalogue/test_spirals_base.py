"""Lists that GZ3D's galaxies are matched with, whole and damaged."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table
from skyloom.io.errors import InputError
from skyloom.spirals.catalogue.base import read_base, read_sami
from skyloom.spirals.catalogue.tables import read_columns


def base(n: int = 4) -> pd.DataFrame:
    """Return galaxies of a base catalogue."""
    return pd.DataFrame(
        {
            "dr8_id": [f"1000_{i}" for i in range(n)],
            "ra": np.linspace(0, 359, n),
            "dec": np.linspace(-60, 30, n),
            "est_dr5_pixscale": np.linspace(0.1, 0.5, n),
        }
    )


def write(path: Path, table: pd.DataFrame) -> Path:
    """Write a table in the format of its name."""
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".fits":
        Table.from_pandas(table).write(path)
    else:
        table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("suffix", ["parquet", "fits", "csv"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    """The columns that are needed, whatever their case, and no others."""
    table = base().rename(columns=str.upper).assign(other=1.0)
    found = read_base(write(tmp_path / f"a.{suffix}", table))
    assert list(found) == [*base(), "redshift"]
    pd.testing.assert_frame_equal(found[list(base())], base(), check_dtype=False)
    assert found["redshift"].isna().all()


def test_negative_right_ascensions_and_no_redshifts(tmp_path: Path) -> None:
    """-1 deg is 359 deg; -99 is no redshift, and no pixel scale is none."""
    table = base().assign(redshift=[0.1, -99, np.nan, 0.0])
    table.loc[1, "ra"] = -1.0
    table.loc[2, "est_dr5_pixscale"] = np.nan
    found = read_base(write(tmp_path / "a.csv", table))
    assert found["ra"][1] == 359.0
    assert found["redshift"].notna().tolist() == [True, False, False, False]
    assert found["est_dr5_pixscale"].isna().tolist() == [False, False, True, False]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("ending", ["", "\n\n", ";;;\n;;;\n"])
def test_text_as_people_have_it(tmp_path, name, packed, ending):
    """Semicolons, blanks, another case, rows without content; packed by its bytes."""
    text = base().rename(columns=str.upper).to_csv(index=False)
    text = text.replace(",", ";").replace("RA;DEC", "RA ; Dec") + ending
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    found = read_base(path)
    pd.testing.assert_frame_equal(found[list(base())], base(), check_dtype=False)


def test_rows_are_counted_with_blank_ones(tmp_path):
    """As a spreadsheet shows them."""
    path = tmp_path / "a.csv"
    path.write_text("dr8_id,ra,dec,est_dr5_pixscale\na,1,2,1\n\n,,,\nb,1,95,1\n")
    with pytest.raises(InputError, match="row 5, column 'dec': got 95"):
        read_base(path)


@pytest.mark.parametrize("suffix", ["parquet", "fits", "csv"])
def test_long_identifiers(tmp_path, suffix):
    """All digits return; of a column of floats none are believed."""
    long = [39627788403084375, 2, 3, 4]
    path = tmp_path / f"a.{suffix}"
    found = read_base(write(path, base().assign(dr8_id=long)))
    assert found["dr8_id"].tolist() == [str(name) for name in long]
    path.unlink()
    write(path, base().assign(dr8_id=np.array(long, float)))
    with pytest.raises(InputError, match=r"column 'dr8_id'.*(float64|its digits)"):
        read_base(path)


def test_a_long_identifier_beside_an_empty_cell(tmp_path):
    """Parquet keeps its digits; so do we."""
    ids = pd.array([39627788403084375, None, 3, 4], "Int64")
    votes = pd.DataFrame({"name": ids, "ra": 1.0, "dec": 2.0})
    votes.to_parquet(tmp_path / "a.parquet")
    found = read_columns(tmp_path / "a.parquet", {"name": "str", "ra": "float"})
    assert found["name"].tolist() == ["39627788403084375", "", "3", "4"]


def test_columns_of_other_kinds_are_refused(tmp_path):
    """Vectors and dates in place of numbers."""
    table = Table.from_pandas(base())
    table["ra"] = np.ones((len(table), 2))
    table.write(tmp_path / "a.fits")
    with pytest.raises(InputError, match=r"'ra': cells of shape .2,.; expected one"):
        read_base(tmp_path / "a.fits")
    dates = base().assign(dec=pd.Timestamp("2020-01-01"))
    with pytest.raises(InputError, match="'dec': a column of datetime"):
        read_base(write(tmp_path / "a.parquet", dates))


def changed(**cells):
    """Return what changes cells of the second row."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table = table.astype(dict.fromkeys(cells, object))
        for name, value in cells.items():
            table.loc[1, name] = value
        return table

    return change


BAD = {
    "no position": (changed(ra=""), "row 3, column 'ra': got nan"),
    "no declination": (changed(dec=""), "row 3, column 'dec'"),
    "off the sky": (changed(dec=91.0), "row 3, column 'dec': got 91.0"),
    "below the sky": (changed(dec=-100.0), "row 3, column 'dec': got -100.0"),
    "a turn too many": (changed(ra=400.0), "row 3, column 'ra': got 400.0"),
    "sexagesimal": (changed(ra="12:34:56"), "row 3, column 'ra'"),
    "no size": (changed(est_dr5_pixscale=0.0), "row 3, column 'est_dr5_pixscale'"),
    "huge": (changed(est_dr5_pixscale=1e4), "60 at most"),
    "no identifier": (changed(dr8_id=""), "row 3, column 'dr8_id'"),
    "twice": (changed(dr8_id="1000_0"), "row 3.*'1000_0' stands in row 2"),
    "no column": (lambda t: t.drop(columns="dec"), "no column dec"),
    "two columns": (
        lambda t: t.rename(columns={"ra": "Ra"}).assign(RA=1.0),
        "columns Ra and RA could both be ra",
    ),
    "a web page": (
        lambda t: t.iloc[:0, :1].rename(columns={"dr8_id": "<html>"}),
        "web",
    ),
    "underscore": (changed(ra="1_0"), "row 3, column 'ra': got '1_0'"),
    "infinite": (changed(ra="1e999"), "row 3, column 'ra': got '1e999'"),
    "a spreadsheet's": (changed(dr8_id="3.96E+16"), "row 3.*has lost its digits"),
    "no rows": (lambda t: t.iloc[:0], "no rows"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_tables(tmp_path: Path, case: str) -> None:
    """A table that is damaged is refused, with its file and the place."""
    change, problem = BAD[case]
    path = write(tmp_path / "a.csv", change(base()))
    with pytest.raises(InputError, match=problem) as bad:
        read_base(path)
    assert str(path) in str(bad.value)


def test_rows_of_other_formats_count_from_1(tmp_path: Path) -> None:
    """Row 2 of a FITS or Parquet table is its second one."""
    table = base().assign(dec=[0.0, 95.0, 0.0, 0.0])
    for suffix in ("fits", "parquet"):
        with pytest.raises(InputError, match="row 2, column 'dec': got 95"):
            read_base(write(tmp_path / f"a.{suffix}", table))


@pytest.mark.parametrize("suffix", ["parquet", "fits"])
def test_cut_files_are_refused(tmp_path: Path, suffix: str) -> None:
    """A file that ends early is refused."""
    path = write(tmp_path / f"a.{suffix}", base(1000))
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(InputError, match=str(path)):
        read_base(path)


TEXT = "dr8_id,ra,dec,est_dr5_pixscale,other\na,1,2,0.3,x\nb,2,3,0.3,x\n"
CUT = {
    "a cell too many": (TEXT + "c,3,4,0.3,x,y\n", "row 4: 6 cell"),
    "a cell too few": (TEXT + "\nc,3,4\n", "row 5: 3 cell"),
    "an open quote": (TEXT + 'c,3,4,0.3,"x\n', "row 4: unexpected end"),
    "a column twice": (TEXT.replace("other", "ra"), "column appears twice"),
    "a web page": ("<html>\n</html>\n", "a web page"),
    "another encoding": (TEXT.replace("x", "\xe9"), "UTF-8"),
}


@pytest.mark.parametrize("case", CUT)
def test_damaged_text_is_refused(tmp_path: Path, case: str) -> None:
    """A row that is not whole is found, though its cells are not needed."""
    text, problem = CUT[case]
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=problem) as bad:
        read_base(path)
    assert str(path) in str(bad.value)


def test_damaged_gzip_is_refused(tmp_path: Path) -> None:
    """A packed table that ends early is refused."""
    path = write(tmp_path / "a.csv.gz", base(1000))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match=str(path)):
        read_base(path)


def test_other_kinds_are_refused(tmp_path: Path) -> None:
    """A table whose format is not known is refused."""
    path = tmp_path / "a.txt"
    path.write_text("dr8_id ra dec\n")
    with pytest.raises(InputError, match=r"\.parquet, \.fits or \.csv"):
        read_base(path)


@pytest.mark.parametrize("key", ["name", "CATID", "cataid"])
def test_sami(tmp_path: Path, key: str) -> None:
    """SAMI's targets go by any of their catalogues' names."""
    table = pd.DataFrame({key: [9403800123, 215292], "RA": [1.0, 2.0], "DEC": [0, 1.0]})
    found = read_sami(write(tmp_path / "a.csv", table))
    assert found["name"].tolist() == ["9403800123", "215292"]
    assert found["ra"].tolist() == [1.0, 2.0]


def test_sami_without_redshifts(tmp_path: Path) -> None:
    """NaN where there is none, a placeholder, or no column."""
    table = pd.DataFrame({"name": [1, 2, 3], "ra": 1.0, "dec": 0.0})
    assert read_sami(write(tmp_path / "a.csv", table))["redshift"].isna().all()
    found = read_sami(
        write(tmp_path / "b.csv", table.assign(z_spec=[0.1, -9999, 1e30]))
    )
    assert found["redshift"].notna().tolist() == [True, False, False]


def test_sami_without_names(tmp_path: Path) -> None:
    """A list without names is refused."""
    table = pd.DataFrame({"ra": [1.0], "dec": [0.0]})
    with pytest.raises(InputError, match="no column name"):
        read_sami(write(tmp_path / "a.csv", table))


@pytest.mark.real
@pytest.mark.parametrize(("name", "count"), [("ClustersDR3", 1433), ("GAMADR3", 5536)])
def test_real_sami(real: Path, name: str, count: int) -> None:
    """SAMI's own lists of targets are read."""
    folder = real / "spectra" / "sami_dr3" / "tables"
    table = read_sami(folder / f"sami_InputCat{name}.csv.gz")
    assert len(table) == count
    assert table["redshift"].between(0, 0.12).all()
