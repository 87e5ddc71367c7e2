"""Tables of truth: every format, what they mean, and what is wrong in one."""

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.io.errors import InputError
from skyloom.quasars.spectra.truth import COLUMNS, match, read_truth, write_truth

SDSS = "PLATE,MJD,FIBERID,RA,DEC,Z_VI,Z_PIPE,ZWARNING,CLASS_PERSON,Z_CONF_PERSON"
VI = "TARGETID,Redrock_z,VI_Z,VI_QUALITY,VI_CLASS,all_VI_comments"
OWN = ",".join(COLUMNS)


def text(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_sdss_csv(tmp_path):
    """Codes 1 star, 3 quasar, 4 galaxy, 30 BAL quasar; confidence 3 is good."""
    truth = read_truth(
        text(
            tmp_path / "vi.csv",
            SDSS,
            "7102,56666,82,1,2,2.481,2.48,0,3,3",
            "7102,56666,180,1,2,3.18,3.1,0,30,3",
            "7102,56666,135,1,2,0.0,0.1,0,1,3",
            "7102,56666,177,1,2,0.542,0.5,4,4,3",
            "7102,56666,178,1,2,0.6,0.5,4,3,2",
            "7102,56666,179,1,2,,0.5,4,0,0",
        )
    )
    assert truth["targetid"][0] == 7102 * 10**9 + 56666 * 10**4 + 82
    assert truth["klass"].tolist() == ["QSO", "QSO", "STAR", "GALAXY", "QSO", ""]
    assert truth["confident"].tolist() == [True] * 4 + [False] * 2
    assert truth["bal"].tolist() == [0, 1, -1, -1, 0, 0]
    assert np.isnan(truth["z"][5])
    assert list(truth.columns) == list(COLUMNS)


def test_desi_csv(tmp_path):
    """Mean quality from 2.5 is good; the standard phrase says BAL, free text not."""
    phrase = "Broad absorption line quasar (BAL) LAE"
    truth = read_truth(
        text(
            tmp_path / "vi.csv",
            VI,
            f"39627583255478890,2.0,2.05,2.5,QSO,{phrase}",
            "39627583255478891,2.0,2.05,2.4,QSO,maybe a BAL?",
            "39627583255478892,2.0,-0.0004,4.0,STAR,",
            "39627583255478893,2.0,0.6,4.0,GALAXY,",
            "39627583255478894,2.0,,0.0,,",
        )
    )
    assert truth["targetid"][0] == 39627583255478890
    assert truth["confident"].tolist() == [True, False, True, True, False]
    assert truth["bal"].tolist() == [1, 0, -1, -1, 0]
    assert truth["klass"].tolist() == ["QSO", "QSO", "STAR", "GALAXY", ""]


RAW = {
    "THING_ID": [1, 2, 3, 4],
    "PLATE": [5] * 4,
    "MJD": [55000] * 4,
    "FIBERID": [1, 2, 3, 4],
    "Z_VI": [2.5, 2.6, 2.7, 0.0],
    "CLASS_PERSON": [30, 3, 3, 1],
    "Z_CONF_PERSON": [3, 3, 3, 3],
    "BAL_FLAG_VI": [1, 0, 1, 0],
    "BI_CIV": [900.0, 0.0, 0.0, 0.0],
}
PARSED = {
    "TARGETID": [1, 2, 3, 4],
    "SPID0": [5] * 4,
    "SPID1": [55000] * 4,
    "SPID2": [1, 2, 3, 4],
    "Z": [2.5, 2.6, 2.7, 0.0],
    "OBJCLASS": [3, 3, 3, 1],
    "Z_CONF": [2, 2, 2, 2],
    "BAL_FLAG_VI": [1, 0, 1, 0],
    "BI_CIV": [900.0, 0.0, 0.0, 0.0],
}


@pytest.mark.parametrize("suffix", [".fits", ".fits.gz"])
@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_superset_and_its_parsed_form_say_the_same(tmp_path, suffix, case):
    """BAL where flag and index agree, none where the index is 0."""
    found = []
    for name, cells in (("raw", RAW), ("parsed", PARSED)):
        path = tmp_path / f"{name}{suffix}"
        Table({case(k): v for k, v in cells.items()}).write(path)
        found.append(read_truth(path))
    raw, parsed = found
    assert raw["bal"].tolist() == [1, -1, -1, -1]
    assert raw["confident"].all()
    same = ["targetid", "z", "klass", "confident", "bal"]
    pd.testing.assert_frame_equal(raw[same], parsed[same])


def test_a_parsed_table_of_desi_keeps_its_targetids(tmp_path):
    """SPID1 is then a night, no MJD, if of one row only; without SPIDs too."""
    mixed = {**PARSED, "SPID1": [55000, 55000, 20210205, 55000]}
    mixed = {name: mixed[name] for name in ("SPID0", "SPID1", "SPID2")}
    for extra in ({"SPID1": [20210205] * 4}, mixed, {}):
        table = {k: v for k, v in PARSED.items() if not k.startswith("SPID")} | extra
        Table(table).write(tmp_path / "a.fits", overwrite=True)
        assert read_truth(tmp_path / "a.fits")["targetid"].tolist() == [1, 2, 3, 4]


def test_a_trough_that_its_flag_does_not_know_is_unknown(tmp_path):
    """And so is one whose index is missing, or not measured (-1)."""
    rows = {"BAL_FLAG_VI": [0, 1, 0, 1], "BI_CIV": [900.0, np.nan, -1.0, 900.0]}
    quasars = {"CLASS_PERSON": [3] * 4, "Z_VI": [2.5, 2.6, 2.7, 2.8]}
    Table({**RAW, **rows, **quasars}).write(tmp_path / "a.fits")
    assert read_truth(tmp_path / "a.fits")["bal"].tolist() == [0, 0, 0, 1]


def test_a_mini_bal_is_no_bal(tmp_path):
    """Flagged by eye, but of balnicity 0: a narrow trough, a confident no."""
    rows = {"BAL_FLAG_VI": [1, 1, 0, 0], "BI_CIV": [900.0, 0.0, 0.0, 0.0]}
    Table({**RAW, **rows, "CLASS_PERSON": [3] * 4}).write(tmp_path / "a.fits")
    found = read_truth(tmp_path / "a.fits").set_index("z")["bal"]
    assert found.loc[[2.5, 2.6, 2.7]].tolist() == [1, -1, -1]


def test_nobody_is_confident_without_class_or_redshift(tmp_path, caplog):
    """Demoted, and said so."""
    truth = read_truth(
        text(
            tmp_path / "vi.csv",
            SDSS,
            "1,2,1,1,2,0.0,0,0,3,3",
            "1,2,2,1,2,2.0,0,0,50,3",
            "1,2,3,1,2,,0,0,4,3",
        )
    )
    assert not truth["confident"].any()
    assert "3 rows good by quality" in caplog.text


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**62),
            st.floats(0.001, 7),
            st.sampled_from(["STAR", "GALAXY", "QSO", ""]),
            st.booleans(),
            st.floats(0, 4),
            st.sampled_from([-1, 0, 1]),
            st.sampled_from(["", "A+B", "x, 'y'"]),
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda row: row[0],
    )
)
@settings(max_examples=25)
def test_the_own_format_returns(tmp_path_factory, rows):
    """Every digit of what is written is read, and reading settles at once."""
    path = tmp_path_factory.mktemp("truth") / "a.csv"
    given = pd.DataFrame(rows, columns=list(COLUMNS))
    write_truth(path, given)
    once = read_truth(path)
    for name in ("targetid", "z", "klass", "quality", "source"):
        assert once[name].tolist() == given[name].tolist()
    assert (once["confident"] == (given["confident"] & (given["klass"] != ""))).all()
    write_truth(path, once)
    pd.testing.assert_frame_equal(read_truth(path), once)


def _own(*cells):
    return [OWN, *cells]


BAD = {
    "empty": ([""], "no header|empty"),
    "header only": ([VI], "no rows"),
    "unknown columns": (["a,b", "1,2"], "no known table of truth"),
    "no VI_CLASS": (["TARGETID,VI_Z,VI_QUALITY", "1,2,3"], "without VI_CLASS"),
    "no Z_VI": (
        ["PLATE,MJD,FIBERID,CLASS_PERSON,Z_CONF_PERSON", "1,2,3,3,3"],
        "nearest is superset, without Z_VI",
    ),
    "column twice": ([VI + ",VI_Z", "1,2,2,4,QSO,,2"], "appears twice"),
    "ragged": ([VI, "1,2,2.0,4,QSO"], "row 2: 5 cell"),
    "TARGETID text": ([VI, "x,2,2.0,4,QSO,"], "row 2, column 'TARGETID'"),
    "TARGETID empty": ([VI, ",2,2.0,4,QSO,"], "empty cell"),
    "z text": ([VI, "1,2,two,4,QSO,"], "got 'two'"),
    "z of 1e999": ([VI, "1,2,1e999,4,QSO,"], "got '1e999'"),
    "z of -9": ([VI, "1,2,-9,4,QSO,"], "got -9.0; expected -0.1 to 20; leave the cell"),
    "TARGETID of a spreadsheet": (
        [VI, "1,2,2.0,4,QSO,", "3.96E+16,2,2.0,4,QSO,"],
        r"row 3, column 'TARGETID': '3.96E\+16' has lost its digits.*as text",
    ),
    "TARGETID 1_000": ([VI, "1_000,2,2.0,4,QSO,"], "got '1_000'"),
    "TARGETID of 2^63": ([VI, f"{2**63},2,2.0,4,QSO,"], "beyond 64 bits"),
    "a web page": (["<!DOCTYPE html>", "<html></html>"], "a web page"),
    "z infinite": ([VI, "1,2,inf,4,QSO,"], "got 'inf'"),
    "z of 215": (
        [VI, "1,2,215.67,4,QSO,"],
        "row 2, column 'VI_Z': got 215.67; .* to 20; leave",
    ),
    "quality 5": ([VI, "1,2,2.1,5,QSO,"], "got 5.0; expected 0 to 4"),
    "quality -1": ([VI, "1,2,2.1,-1,QSO,"], "expected 0 to 4"),
    "quality empty": ([VI, "1,2,2.1,,QSO,"], "empty cell"),
    "class QUASAR": ([VI, "1,2,2.1,4,QUASAR,"], "got 'QUASAR'"),
    "target twice": ([VI, "1,2,2.1,4,QSO,", "1,2,2.1,4,QSO,"], "stands in two rows"),
    "class code 7": ([SDSS, "1,2,3,0,0,2.1,0,0,7,3"], "got 7; expected one of 0"),
    "plate 0": ([SDSS, "0,2,3,0,0,2.1,0,0,3,3"], "plate out of range"),
    "MJD of JD": ([SDSS, "1,2456666,3,0,0,2.1,0,0,3,3"], "MJD out of range"),
    "spectrum twice": (
        [SDSS, "1,2,3,0,0,2.1,0,0,3,3", "1,2,3,0,0,2.2,0,0,3,3"],
        "row 3: target 1000020003 stands",
    ),
    "own class": (_own("1,2.0,quasar,True,4,0,me"), "class 'quasar'"),
    "own bal": (_own("1,2.0,QSO,True,4,2,me"), "expected -1 to 1"),
    "own confident": (_own("1,2.0,QSO,maybe,4,0,me"), "got 'maybe'"),
    "open quote": ([VI, '1,2,2.1,4,"QSO,'], "row 2"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_table_is_refused(tmp_path, case):
    """Each message names the file, and the row or column."""
    lines, problem = BAD[case]
    path = text(tmp_path / "a.csv", *lines)
    with pytest.raises(InputError, match=rf"a\.csv.*({problem})"):
        read_truth(path)


DESI = {
    "TARGETID": [39627788403084375, 2],
    "VI_Z": [2.5, -1.0],
    "VI_QUALITY": [4.0, 3.0],
    "VI_CLASS": ["QSO", "QSO"],
}


@pytest.mark.parametrize("words", [True, False])
def test_every_digit_of_a_fits_identifier(tmp_path, words):
    """As numbers and as text; a redshift of -1 is unknown, and nobody's quasar."""
    digits = [str(name) for name in DESI["TARGETID"]]
    Table(DESI | ({"TARGETID": digits} if words else {})).write(tmp_path / "a.fits")
    found = read_truth(tmp_path / "a.fits")
    assert found["targetid"].tolist() == DESI["TARGETID"]
    assert np.isnan(found["z"][1])
    assert found["confident"].tolist() == [True, False]


def test_a_csv_as_people_have_it(tmp_path):
    """Blanks in the header, lower case, ``.0`` of floats, rows without content."""
    lines = (" targetid, vi_z ,VI_quality,VI_CLASS", "39627788403084375.0,2.5,4,QSO")
    found = read_truth(text(tmp_path / "a.csv", *lines, ",,,", "", "2.0,-1,3,QSO", ""))
    assert found["targetid"].tolist() == DESI["TARGETID"]
    assert np.isnan(found["z"][1])
    with pytest.raises(InputError, match="row 5: target 2 stands"):
        read_truth(
            text(tmp_path / "b.csv", lines[0], "2,1,3,QSO", ",,,", "", "2,1,3,QSO")
        )


BAD_FITS = {
    "no class": ({k: v for k, v in RAW.items() if k != "CLASS_PERSON"}, "CLASS_PERSON"),
    "text z": (RAW | {"Z_VI": ["a", "b", "c", "d"]}, "column 'Z_VI'"),
    "vector": (RAW | {"Z_VI": np.ones((4, 2))}, "expected one value a row"),
    "code": (RAW | {"CLASS_PERSON": [3, 3, 3, 9]}, "row 4, column 'CLASS_PERSON'"),
    "parsed code": (PARSED | {"OBJCLASS": [3, 3, 3, 9]}, "column 'OBJCLASS'"),
    "z": (PARSED | {"Z": [2, 2, 2, 99.0]}, "row 4, column 'Z': got 99.0"),
    "twice": (PARSED | {"SPID2": [1, 2, 2, 4]}, "stands in two rows"),
    "fibre": (PARSED | {"SPID2": [0, 1, 2, 4]}, "fibre out of range"),
    "confidence": (
        PARSED | {"Z_CONF": [2, 2, 2, 2**31 - 1]},
        "row 4, .*Z_CONF.*-1",
    ),
    "no code": (PARSED | {"OBJCLASS": [3, 3, 3, np.nan]}, "row 4, .*OBJCLASS.*empty"),
    "bits": (RAW | {"CLASS_PERSON": [True] * 4}, "CLASS_PERSON': a column of bool"),
    "complex": (RAW | {"CLASS_PERSON": [1j] * 4}, "a column of complex"),
    "unknown": (PARSED | {"Z": [2, 2, 2, -9.0]}, "row 4, column 'Z': got -9.0"),
    "NaN": (DESI | {"TARGETID": [1.0, np.nan]}, "row 2, column 'TARGETID': empty"),
    "half": (DESI | {"TARGETID": [1.0, 2.5]}, "row 2, column 'TARGETID': got 2.5"),
    "rounded": (
        DESI | {"TARGETID": [1.0, 39627788403084375.0]},
        "row 2.*float64.*2.53",
    ),
    "unsigned": (DESI | {"TARGETID": np.array([1, 2**63], "u8")}, "row 2.*beyond"),
    "lost": (DESI | {"TARGETID": ["1", "3.96E+16"]}, "row 2.*has lost its digits"),
    "quality 99": (
        DESI | {"VI_QUALITY": [4.0, 99.0]},
        "row 2.*got 99.0; expected 0 to 4",
    ),
    "quality": (DESI | {"VI_QUALITY": [4.0, np.inf]}, "row 2.*got .*inf"),
    "empty": ({k: np.array(v)[:0] for k, v in RAW.items()}, "no rows"),
}


@pytest.mark.parametrize("case", BAD_FITS)
def test_a_bad_fits_table_is_refused(tmp_path, case):
    """Each message names the file, and the row or column."""
    cells, problem = BAD_FITS[case]
    Table(cells).write(tmp_path / "a.fits")
    with pytest.raises(InputError, match=rf"a\.fits.*{problem}"):
        read_truth(tmp_path / "a.fits")


def test_other_suffixes_and_missing_files_are_refused(tmp_path):
    """The suffix tells the format."""
    for name, problem in (("a.txt", "suffix '.txt'"), ("a.csv", "no such file")):
        with pytest.raises(InputError, match=problem):
            read_truth(tmp_path / name)


def _truth(*targets):
    n = len(targets)
    return pd.DataFrame(
        {
            "targetid": np.array(targets, dtype=np.int64),
            "z": np.arange(n) + 1.0,
            "klass": "QSO",
            "confident": True,
            "quality": 4.0,
            "bal": 1,
            "source": "me",
        }
    )


def test_match_keeps_rows_and_repeats():
    """Row for row; a target of several exposures has its truth in each."""
    meta = pd.DataFrame({"targetid": [5, 7, 5, 6]}, index=[9, 8, 7, 6])
    found = match(meta, _truth(5, 6))
    assert found.index.tolist() == [9, 8, 7, 6]
    assert found["targetid"].tolist() == [5, 7, 5, 6]
    assert found["confident"].tolist() == [True, False, True, True]
    assert found["bal"].tolist() == [1, 0, 1, 1]
    assert found["klass"].tolist() == ["QSO", "", "QSO", "QSO"]
    assert np.isnan(found["z"].iloc[1])
    assert found["z"].iloc[3] == 2
    assert found["confident"].dtype == bool


def test_match_refuses_what_cannot_be():
    """No observation with a truth; two truths of a target."""
    meta = pd.DataFrame({"targetid": [5]})
    with pytest.raises(ValueError, match="none of 1 observations"):
        match(meta, _truth(6))
    with pytest.raises(ValueError, match="target 5 has two truths"):
        match(meta, _truth(5, 5))


def test_a_truth_without_its_columns_is_not_written(tmp_path):
    """The error names them."""
    with pytest.raises(KeyError, match="bal"):
        write_truth(tmp_path / "a.csv", _truth(1).drop(columns="bal"))
