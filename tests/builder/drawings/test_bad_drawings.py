"""Exports with a row or a shape that is broken: all others come through."""

import dataclasses
import json

from bad_input import named
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skyloom.builder.drawings.coordinates import Screen
from skyloom.builder.drawings.volunteers import subject_tree
from skyloom.builder.model import from_dict
from skyloom.io.errors import InputError
from skyloom.io.tables import Column, read_csv
from skyloom.io.zooniverse import (
    Classification,
    read_classifications,
    write_classifications,
)

ELLIPSE = {"x": 256, "y": 256, "rx": 60, "ry": 30, "angle": 0}
BAR = {"x": 236, "y": 251, "width": 40, "height": 10, "angle": 0}
LINE = {"points": [{"x": 200, "y": 300}, {"x": 210, "y": 300}], "details": []}


def task(name, shapes, *sliders):
    drawn = {"task": f"draw{name}", "value": shapes}
    return {"task": name, "value": [drawn, *({"value": s} for s in sliders)]}


def disk(**changes):
    return [task("disk", [{**ELLIPSE, **changes}], "1", "0.2")]


def lines(*points, **more):
    drawn = [{"points": list(points), **more}]
    return [task("spiral", drawn, "1")]


GOOD = [*disk(), task("bar", [BAR], "1", "0.2", "0.5", "2"), task("spiral", [LINE])]
WHOLE = Classification(50, "ann", "2020-01-01 00:00:01 UTC", 5366, "61.1", 101, GOOD)
OTHERS = [
    WHOLE,
    dataclasses.replace(WHOLE, classification_id=51, user="bob"),
    dataclasses.replace(WHOLE, classification_id=52, user="cat", subject_id=102),
]
# Cells of one more row of subject 101: column, text, reason.
ROWS = [
    ("annotations cut", "annotations", '[{"task": "dis', "annotations: not JSON"),
    ("annotations an object", "annotations", "{}", "expected a list, got a dict"),
    ("annotations NaN", "annotations", "[NaN]", "NaN is not JSON"),
    ("annotations empty", "annotations", "", "annotations: not JSON"),
    ("annotations too deep", "annotations", "[" * 9000, "annotations: not JSON"),
    ("metadata broken", "metadata", "{", "metadata: not JSON"),
    ("no identifier", "classification_id", "", "classification_id: got ''"),
    ("identifier a word", "classification_id", "x1", "got 'x1'"),
    ("identifier rounded", "classification_id", "3.96E+16", "has lost its digits"),
    ("identifier below 0", "classification_id", "-7", "got -7; expected a whole"),
    ("identifier 1_0", "classification_id", "1_0", "got '1_0'"),
    ("identifier beyond", "classification_id", "9223372036854775808", "beyond 64 bits"),
    ("identifier twice", "classification_id", "50", "50 appears twice"),
    ("no date", "created_at", "", "created_at: expected YYYY-MM-DD"),
    ("month 13", "created_at", "2020-13-01 00:00:00 UTC", "created_at"),
    ("user again", "user_name", "ann", "'ann' classified this subject before"),
    ("workflow a word", "workflow_id", "main", "workflow_id: got 'main'"),
]
# Annotations of one more volunteer of subject 101.
SHAPES = [
    ("not a drawing", [{"task": "T0", "value": "Yes"}], "not a drawing"),
    ("task of text", [{"task": "disk", "value": "big"}], "list of answers"),
    ("shapes of text", [{"task": "disk", "value": [{"value": "x"}]}], "list of shapes"),
    ("disk without area", disk(ry=0), "without area"),
    ("disk of negative size", disk(rx=-5), "without area"),
    ("disk without centre", disk(x=None), "x: expected a finite number"),
    ("disk of text", disk(rx="wide"), "rx: expected a finite number, got 'wide'"),
    ("disk of endless size", disk(rx="inf"), "got 'inf'"),
    ("disk angle a list", disk(angle=[1]), "angle: expected a finite number"),
    ("disk is a number", [task("disk", [7])], "expected an object with x, y"),
    ("bar without height", [task("bar", [{**BAR, "height": 0}])], "without area"),
    ("bar is an ellipse", [task("bar", [ELLIPSE])], "width: expected a finite number"),
    ("slider too high", [task("bulge", [ELLIPSE], 1, 0.5, 50)], "slider at 50"),
    ("slider a word", [task("disk", [ELLIPSE], "big", 0.2)], "slider: expected"),
    ("slider below zero", [task("disk", [ELLIPSE], 1, -0.2)], "slider at -0.2"),
    ("arm of no point", lines(), "a line of 0 point"),
    ("arm of one point", lines({"x": 1, "y": 2}), "a line of 1 point"),
    ("arm on the spot", lines({"x": 1, "y": 2}, {"x": 1, "y": 2}), "without length"),
    ("arm of half a point", lines({"x": 1, "y": 2}, {"x": 1}), "y: expected a finite"),
    ("arm of numbers", lines(1, 2), "expected an object with x, y"),
    ("arm is text", [task("spiral", ["x"], 1)], "expected a drawn line"),
    (
        "arm details text",
        lines(*LINE["points"], details="x"),
        "details: expected a list",
    ),
    ("arm spread 9", lines(*LINE["points"], details=[1, 9]), "slider at 9"),
    ("falloff 9", [task("spiral", [LINE], 9)], "slider at 9"),
    ("two disks", [task("disk", [ELLIPSE, ELLIPSE], 1, 0.2)], "first counts"),
]


def export_with(folder, column, text):
    bad = dataclasses.replace(WHOLE, classification_id=60, user="eve")
    path = folder / "c.csv"
    write_classifications(path, [*OTHERS, bad])
    rows = read_csv(path, dict.fromkeys(columns_of(path), Column("str", empty=True)))
    rows.loc[3, column] = text
    rows.to_csv(path, index=False)
    return path


def columns_of(path):
    return path.read_text().splitlines()[0].split(",")


def trees(kept, rejected):
    return {s: subject_tree(s, Screen((64, 64)), kept, rejected) for s in (101, 102)}


@named(ROWS)
def test_row_that_cannot_be_used(case, tmp_path):
    """Recorded with its reason; both subjects keep all their other volunteers."""
    _, column, text, reason = case
    kept, rejected = read_classifications(export_with(tmp_path, column, text))
    assert sorted(c.classification_id for c in kept) == [50, 51, 52]
    assert len(rejected) == 1
    assert reason in rejected[0].reason
    found = trees(kept, rejected)
    assert [len(found[s]["volunteers"]) for s in found] == [2, 1]
    assert [r["reason"] for r in found[101]["rejected"]] == [rejected[0].reason]
    assert found[102]["rejected"] == []


def test_row_of_an_unknown_subject(tmp_path):
    """Recorded when the survey's subjects are given."""
    path = export_with(tmp_path, "subject_ids", "999")
    kept, rejected = read_classifications(path, known=[101, 102])
    assert len(kept) == 3
    assert rejected[0].reason == "subject 999 is not in the subject table"


def test_row_of_two_subjects(tmp_path):
    """A group of subjects is no subject."""
    path = export_with(tmp_path, "subject_ids", "101;102")
    kept, rejected = read_classifications(path)
    assert len(kept) == 3
    assert "subject_ids: got '101;102'" in rejected[0].reason


@named(SHAPES)
def test_shape_that_cannot_be_used(case, tmp_path):
    """Recorded with its reason; every other model is as without the bad one."""
    _, annotations, reason = case
    path = export_with(tmp_path, "annotations", json.dumps(annotations))
    found = trees(*read_classifications(path))
    clean = trees(OTHERS, [])
    (row,) = found[101]["rejected"]
    assert row["classification_id"] == 60
    assert reason in row["reason"]
    assert found[102] == clean[102]
    assert found[101]["volunteers"][:2] == clean[101]["volunteers"]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cut=st.floats(0, 1), noise=st.binary(max_size=3))
def test_fuzz_damaged_export(cut, noise, tmp_path):
    """Bytes cut or put in: an error with the file's name, or classifications."""
    path = export_with(tmp_path, "user_name", "eve")
    raw = path.read_bytes()
    place = int(cut * len(raw))
    path.write_bytes(raw[:place] + noise + (raw[place + 5 :] if noise else b""))
    try:
        kept, rejected = read_classifications(path)
    except InputError as error:
        assert str(error).startswith(str(path))  # noqa: PT017
    else:
        for tree in trees(kept, rejected).values():
            [from_dict(v["model"]) for v in tree["volunteers"]]
