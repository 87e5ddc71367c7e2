"""Subject tables."""

import math
import re

import pandas as pd
import pytest
from skyloom.builder.drawings.subjects import (
    metadata_from_subjects,
    read_metadata,
    turns,
)
from skyloom.io.errors import InputError
from skyloom.io.tables import write_csv

HEAD = "Unnamed: 0,RA,DEC,PETRO_THETA,RERUN,montage_angle,original_angle"
KEYS = {
    "ra": "135.03",
    "dec": "16.92",
    "redshift": "0.02",
    "Petrosian radius (degrees)": "25.5",
    "Run": "5137",
    "NSA id": "",
}


def test_metadata_with_an_unnamed_first_column(tmp_path):
    """As pandas writes an index; bytes' quotes are taken off."""
    path = tmp_path / "g.csv"
    path.write_text(f"{HEAD}\n5,10.5,-1.25,6.7,b'301',1.6,-3.1\n")
    table = read_metadata(path)
    assert table.loc[0, "subject_id"] == 5
    assert table.loc[0, "RERUN"] == "301"
    write_csv(path, table)
    assert read_metadata(path).equals(table)


def test_turns_need_both_angles(tmp_path):
    """A subject without an angle has no turn."""
    path = tmp_path / "g.csv"
    quarter = math.pi / 2
    path.write_text(f"{HEAD}\n5,1,1,6,,{quarter},0\n6,1,1,6,,0.1,0.2\n7,1,1,6,,,0\n")
    assert turns(read_metadata(path)) == {5: 1, 6: 0}
    assert turns(pd.DataFrame({"subject_id": [1]})) == {}


def test_metadata_from_an_export():
    """The key says degrees, the value is arcsec; bad subjects are recorded."""
    bad = {**KEYS, "dec": "south"}
    subjects = pd.DataFrame({"subject_id": [1, 2, 3], "metadata": [KEYS, bad, {}]})
    table, rejected = metadata_from_subjects(subjects)
    assert table["subject_id"].tolist() == [1]
    assert table.loc[0, "PETRO_THETA"] == 25.5
    assert table.loc[0, "RUN"] == 5137
    assert pd.isna(table.loc[0, "NSAID"])
    assert [r.subject_id for r in rejected] == [2, 3]
    assert "south" in rejected[0].reason


def test_hidden_keys_are_read():
    """The marks say who may see a key; they are no part of its name."""
    marks = {"ra": "#ra", "redshift": "!redshift"}
    marks["Petrosian radius (degrees)"] = "//Petrosian radius (degrees)"
    hidden = {marks.get(key, key): value for key, value in KEYS.items()}
    subjects = pd.DataFrame({"subject_id": [1], "metadata": [hidden]})
    table, rejected = metadata_from_subjects(subjects)
    assert rejected == []
    assert table.loc[0, ["RA", "Z", "PETRO_THETA"]].tolist() == [135.03, 0.02, 25.5]


ODD = {
    "no place": ({"ra": ""}, "metadata: no 'ra'"),
    "off the sky": ({"dec": "95"}, "'dec': got 95.0; expected -90 to 90"),
    "a list": ({"ra": [1]}, "'ra': got"),
    "true": ({"ra": True}, "'ra': got 'True'"),
    "infinite": ({"redshift": "1e999"}, "'redshift': got '1e999'"),
    "underscore": ({"Run": "5_137"}, "'Run': got '5_137'"),
    "half a camera": ({"Camcol": 2.5}, "'Camcol': got 2.5"),
    "a spreadsheet's": ({"NSA id": "1.2E+05"}, "'NSA id': .* has lost its digits"),
    "two places": ({"#ra": "12"}, "'ra': '135.03' and, as '#ra', '12'"),
    "two cameras": ({"Camcol": 1, "!Camcol": 5}, "'Camcol': .*left empty"),
    "99": ({"redshift": "99"}, "'redshift': got 99.0; expected -0.1 to 20"),
    "-9999": ({"Run": -9999}, "'Run': got -9999; expected 0 or more.*left empty"),
}
OPTIONAL = {"infinite", "underscore", "half a camera", "a spreadsheet's"}
OPTIONAL |= {"two cameras", "99", "-9999"}


@pytest.mark.parametrize("case", ODD)
def test_what_cannot_be_is_recorded(case):
    """With the key and the reason; only what must be known costs the subject."""
    changes, reason = ODD[case]
    subjects = pd.DataFrame({"subject_id": [1, 2], "metadata": [KEYS | changes, KEYS]})
    table, rejected = metadata_from_subjects(subjects)
    used = "left empty" in rejected[0].reason
    assert used == (case in OPTIONAL)
    assert table["subject_id"].tolist() == ([1, 2] if used else [2])
    assert [one.subject_id for one in rejected] == [1]
    assert re.search(reason, rejected[0].reason)


LIMITS = {
    "RA": (0, 360),
    "DEC": (-90, 90),
    "PETRO_THETA": (0.1, 3600),
    "montage_angle": (-6.2831, 6.2831),
    "original_angle": (-6.2831, 6.2831),
    "CAMCOL": (1, 6),
    "subject_id": (1, 10**8),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_value_at_its_limit_is_read_and_beyond_refused(tmp_path, name):
    """Degrees of the sphere, one turn of an angle, the six columns of the camera."""
    path = tmp_path / "g.csv"
    row = {"subject_id": 5, "RA": 10.5, "DEC": -1.25, "PETRO_THETA": 6.7}
    row |= {"montage_angle": 1.6, "original_angle": -3.1, "CAMCOL": 2, "RUN": 0}
    low, high = LIMITS[name]
    step = 1 if name in ("CAMCOL", "subject_id") else 0.001
    for value in (low, high):
        pd.DataFrame([row | {name: value}]).to_csv(path, index=False)
        assert read_metadata(path).loc[0, name] == value
    beyond = [low - step] if name == "subject_id" else [low - step, high + step]
    for value in beyond:
        pd.DataFrame([row | {name: value}]).to_csv(path, index=False)
        with pytest.raises(InputError, match=name):
            read_metadata(path)


def test_what_is_not_needed_may_be_empty(tmp_path):
    """Names of frames and redshifts; places and radii may not."""
    path = tmp_path / "g.csv"
    needed = {"subject_id": 5, "RA": 10.5, "DEC": -1.25, "PETRO_THETA": 6.7}
    free = ("NSAID", "IAUNAME", "Z", "RUN", "CAMCOL", "FIELD", "RERUN", "SERSIC_BA")
    row = needed | dict.fromkeys(free) | {"montage_angle": None}
    pd.DataFrame([row]).to_csv(path, index=False)
    assert read_metadata(path)[list(free)].isna().all(axis=None)
    for name in needed:
        pd.DataFrame([row | {name: None}]).to_csv(path, index=False)
        with pytest.raises(InputError, match=name):
            read_metadata(path)
