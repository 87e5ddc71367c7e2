"""Zooniverse exports."""

import dataclasses
import gzip

import pandas as pd
import pytest
from skyloom.io.errors import InputError
from skyloom.io.rows import header
from skyloom.io.tables import read_csv
from skyloom.io.zooniverse import (
    COLUMNS,
    Classification,
    read_classifications,
    read_subjects,
    write_classifications,
    write_subjects,
)

ONE = Classification(
    classification_id=11,
    user="ann",
    created_at="2020-02-10 13:04:47 UTC",
    workflow_id=5366,
    workflow_version="61.107",
    subject_id=101,
    annotations=[{"task": "disk", "value": []}],
    metadata={"source": "api"},
)


def other(**changes) -> Classification:
    return dataclasses.replace(ONE, **changes)


@pytest.fixture
def export(tmp_path):
    def write(*classifications, full=True):
        write_classifications(tmp_path / "c.csv", classifications)
        if not full:
            table = pd.read_csv(tmp_path / "c.csv", dtype=str)
            users = ["user_name", "user_id", "user_ip", "metadata"]
            table.drop(columns=users).to_csv(tmp_path / "c.csv", index=False)
        return tmp_path / "c.csv"

    return write


def test_full_export_round_trip(export):
    """All 14 columns; every field returns."""
    path = export(ONE, other(classification_id=12, user="bob"))
    kept, rejected = read_classifications(path)
    assert tuple(header(path)) == COLUMNS
    assert kept == [ONE, other(classification_id=12, user="bob")]
    assert rejected == []


def test_short_export_has_no_users(export):
    """Ten columns; without names nobody is a repeat."""
    path = export(ONE, other(classification_id=12), full=False)
    kept, rejected = read_classifications(path)
    assert len(header(path)) == 10
    assert [c.user for c in kept] == [None, None]
    assert [c.metadata for c in kept] == [{}, {}]
    assert rejected == []


def test_first_classification_of_a_user_counts(export):
    """By date, not by place in the file; the other is recorded."""
    late = other(classification_id=12, created_at="2020-02-11 00:00:00 UTC")
    kept, rejected = read_classifications(export(late, ONE))
    assert kept == [ONE]
    assert rejected[0].classification_id == 12
    assert "'ann' classified this subject before" in rejected[0].reason


def test_a_user_may_classify_two_subjects(export):
    """Repeats are counted within a subject."""
    kept, _ = read_classifications(
        export(ONE, other(classification_id=9, subject_id=7))
    )
    assert [c.subject_id for c in kept] == [7, 101]


def test_several_workflow_versions_are_kept_and_other_workflows_not(export):
    """A version is no reason to drop; another workflow is, silently."""
    rows = [
        ONE,
        other(classification_id=12, user="bob", workflow_version="70.1"),
        other(classification_id=13, user="cat", workflow_id=1),
    ]
    kept, rejected = read_classifications(export(*rows), workflow_id=5366)
    assert [c.workflow_version for c in kept] == ["61.107", "70.1"]
    assert rejected == []


def test_rows_of_other_subjects_are_not_decoded(export, tmp_path):
    """Broken JSON of another chunk's subject is none of our business."""
    path = export(ONE, other(classification_id=12, subject_id=102))
    table = pd.read_csv(path, dtype=str)
    table.loc[1, "annotations"] = "{broken"
    table.to_csv(path, index=False)
    kept, rejected = read_classifications(path, subjects=[101])
    assert kept == [ONE]
    assert rejected == []
    kept, rejected = read_classifications(path)
    assert kept == [ONE]
    assert rejected[0].row == 3


def test_float_identifiers_of_resaved_tables(export):
    """5366.0 is 5366."""
    path = export(ONE)
    text = path.read_text().replace(",5366,", ",5366.0,").replace(",101\n", ",101.0\n")
    path.write_text(text)
    kept, _ = read_classifications(path, workflow_id=5366, subjects=[101])
    assert kept == [ONE]


def subjects_file(tmp_path, rows):
    table = pd.DataFrame(
        rows, columns=["subject_id", "subject_set_id", "metadata", "locations"]
    )
    write_subjects(tmp_path / "s.csv", table)
    return tmp_path / "s.csv"


def test_subjects_last_row_counts(tmp_path):
    """A subject in two sets stands once, decoded."""
    rows = [
        (2, 20561, {"ra": "1"}, {"0": "u"}),
        (1, 20561, {"ra": "3"}, {}),
        (2, 26040, {"ra": "1"}, {"0": "u"}),
    ]
    table = read_subjects(subjects_file(tmp_path, rows))
    assert table["subject_id"].tolist() == [1, 2]
    assert table["subject_set_id"].tolist() == [20561, 26040]
    assert table["metadata"][1] == {"ra": "1"}
    assert table["locations"][1] == {"0": "u"}
    assert table.attrs["rejected"] == []


def test_subjects_bad_rows_are_recorded(tmp_path):
    """A broken and a contradicting row leave the others unharmed."""
    rows = [(1, 1, {"ra": "1"}, {}), (1, 1, {"ra": "2"}, {}), (2, 1, "[]", {})]
    table = read_subjects(subjects_file(tmp_path, rows))
    assert table["subject_id"].tolist() == [1]
    reasons = [(r.row, r.subject_id, r.reason) for r in table.attrs["rejected"]]
    assert reasons[0][:2] == (3, 1)
    assert "earlier row" in reasons[0][2]
    assert reasons[1] == (4, 2, "metadata: expected a dict, got a list")


def test_written_subjects_are_plain_csv(tmp_path):
    """JSON cells are text for any reader."""
    path = subjects_file(tmp_path, [(1, 1, {"ra": "1"}, {})])
    assert read_csv(path, {"metadata": "str"})["metadata"][0] == '{"ra":"1"}'


def test_hidden_keys_tell_places_apart(tmp_path):
    """The marks of a key are no part of its name."""
    rows = [
        (1, 1, {"#ra": "1"}, {}),
        (1, 1, {"//ra": "1"}, {}),
        (1, 1, {"ra": "2"}, {}),
    ]
    table = read_subjects(subjects_file(tmp_path, rows))
    assert len(table) == 1
    assert [one.row for one in table.attrs["rejected"]] == [4]


def test_packed_exports_with_blank_lines(export, tmp_path):
    """As archives keep them, whatever the name."""
    path = export(ONE)
    path.write_bytes(gzip.compress(path.read_bytes() + b"\n\n"))
    assert read_classifications(path) == ([ONE], [])
    path = subjects_file(tmp_path, [(1, 1, {"ra": "1"}, {})])
    path.write_bytes(gzip.compress(path.read_bytes() + b",,,\n\n"))
    assert read_subjects(path)["subject_id"].tolist() == [1]


def test_an_export_without_subjects_is_refused(tmp_path):
    """A header alone is no export."""
    with pytest.raises(InputError, match="no rows; expected a row a subject"):
        read_subjects(subjects_file(tmp_path, []))
