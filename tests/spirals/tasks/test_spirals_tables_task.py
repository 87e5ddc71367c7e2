"""The crossmatch, and the galaxies that are learned from."""

from __future__ import annotations

import pandas as pd
import pytest
from skyloom.io.documents import write_json
from skyloom.io.errors import InputError
from skyloom.run.config import checked
from skyloom.spirals.config import Config
from skyloom.spirals.questions import columns
from skyloom.spirals.tasks.tables import check_sheet, matched, table_of

PLACE = {"ra": None, "dec": None, "pixscale": None, "redshift": None}


@pytest.fixture
def sheet():
    """Return two galaxies of GZ3D."""
    return pd.DataFrame(
        {
            "name": ["gz3d_1-2_19_7", "gz3d_1-3_19_8"],
            "ra": [150.0, 151.0],
            "dec": [2.0, 2.0],
            "spiral_asked": [15, 0],
            "bar_asked": [15, 15],
        }
    )


@pytest.fixture
def base(tmp_path):
    """Return Galaxy Zoo DESI's list, with the votes of one galaxy more."""
    text = "dr8_id,ra,dec,est_dr5_pixscale,bar_strong,bar_weak,bar_no\n"
    text += "1_1,150.0001,2.0,0.2,9,2,1\n1_2,151.0,2.01,0.3,0,0,0\n"
    text += "1_3,160,2,0.25,1,1,8\n"
    (tmp_path / "desi.csv").write_text(text)
    return str(tmp_path / "desi.csv")


def test_the_crossmatch(tmp_path, sheet, base):
    """Votes of the base catalogue's own columns; others with votes go by their id."""
    (tmp_path / "sami.csv").write_text("name,ra,dec\nS1,160.0001,2\nS2,5,5\n")
    table, targets, counts = matched(sheet, [base], [], [tmp_path / "sami.csv"], 3.0)
    assert table["name"].tolist() == ["gz3d_1-2_19_7", "1_2", "1_3"]
    assert table["bar-dr5_strong"].tolist() == [9, 0, 1]
    assert targets["dr8_id"].tolist() == ["1_3"]
    assert (counts["within_radius"], counts["sami"]["nearest"]) == (1, 1)
    assert counts["votes"]["bar"] == 2


def test_votes_of_a_table_of_their_own(tmp_path, sheet, base):
    """They are taken instead."""
    (tmp_path / "votes.csv").write_text(
        "dr8_id,bar_strong,bar_weak,bar_no\n1_1,0,0,7\n"
    )
    votes = [tmp_path / "votes.csv"]
    table, targets, _ = matched(sheet, [base], votes, [], 3.0)
    assert table["name"].tolist() == ["gz3d_1-2_19_7"]
    assert table["bar-dr5_no"].tolist() == [7]
    assert len(targets) == 0


@pytest.fixture
def records(tmp_path):
    """Return the records of pictures and of marks of four galaxies."""
    source, names = {"source": "pictures"}, ("a", "a2", "b")
    known = {name: PLACE | source | {"pixels": name[0]} for name in names}
    known["J1.5+2.0"] = known["b"] | {"source": "galaxy_builder", "pixels": "j"}
    known["dead"] = PLACE | {"source": "pictures", "reason": "all of one colour"}
    marks = {"J1.5+2.0": {"spiral_asked": 30, "bar_asked": 30}}
    write_json(tmp_path / "c0.json", {"galaxies": known})
    write_json(tmp_path / "m0.json", {"galaxies": marks})
    return [tmp_path / "c0.json"], [tmp_path / "m0.json"]


def of(records, answers=(), **tree):
    return table_of(*records, [], answers, checked(Config, tree), 1)


def test_the_table_of_galaxies(tmp_path, records):
    """Pictures that are alike are in one part; the dead one is told, and left out."""
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("file,question,answer\na.jpg,bar,no\nb.fits.gz,bar,no\n")
    two.write_text("iau_name,bar_strong,bar_weak,bar_no\nJ1.5+2.0,5,3,1\na,8,8,8\n")
    table, counts = of(records, [one, two])
    assert table["name"].tolist() == ["J1.5+2.0", "a", "a2", "b"]
    assert table["marks"].tolist() == [True, False, False, False]
    assert table["spiral_asked"].tolist() == [30, 0, 0, 0]
    # The first table that has a galaxy counts.
    assert table["bar-dr5_no"].tolist() == [1, 1, 0, 1]
    part = table.set_index("name")["part"]
    assert part["a"] == part["a2"]
    assert counts["without_picture"] == {"dead": "all of one colour"}
    assert counts["with_marks"] == 1
    assert sum(counts[k] for k in ("train", "validate", "test")) == 4


def test_rows_of_a_sheet_that_are_of_no_picture(tmp_path, records, caplog):
    """Are told; a sheet of others is refused."""
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("file,pixscale\na.jpg,0.3\ntypo.jpg,0.3\n")
    check_sheet([sheet], records[0])
    assert "1 rows of no picture of the run, such as typo.jpg" in caplog.text
    sheet.write_text("file,pixscale\nz.jpg,0.3\n")
    with pytest.raises(InputError, match=r"no picture z\.jpg; expected names of"):
        check_sheet([sheet], records[0])


def test_cuts(records, tmp_path):
    """By the number of volunteers that were asked to draw."""
    table, counts = of(records, cuts={"classifications": 31})
    assert table["name"].tolist() == ["a", "a2", "b"]  # votes only, if any
    assert counts["classifications"] == 3


def test_votes_of_other_galaxies_are_refused(tmp_path, records):
    """Or nobody would see that a table was in vain."""
    path = tmp_path / "votes.csv"
    path.write_text("name,bar_strong,bar_weak,bar_no\nz,1,0,0\n")
    with pytest.raises(InputError, match=r"no galaxy of the run; .*such as J1"):
        of(records, [path])
    assert len(columns()) == 34
