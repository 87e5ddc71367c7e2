"""Sample sheets: typed rows, or one message with row numbers."""

from __future__ import annotations

import pytest
from skyloom.io.errors import InputError
from skyloom.run.sheets import read_sheet

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["subject_id"],
    "unique": ["subject_id"],
    "properties": {
        "subject_id": {"type": "integer", "minimum": 1},
        "z": {"type": "number", "minimum": 0, "description": "Redshift [1]."},
        "barred": {"type": "boolean", "default": False},
        "name": {"type": "string"},
    },
}


def sheet(folder, text, name="s.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_rows_are_typed_and_completed(tmp_path):
    """Cells have the types of the schema; empty ones are absent or defaults."""
    path = sheet(tmp_path, "subject_id,z,barred,name\n7,0.1,yes,M 51\n8,,,\n")
    assert read_sheet(path, SCHEMA) == [
        {"subject_id": 7, "z": 0.1, "barred": True, "name": "M 51"},
        {"subject_id": 8, "barred": False},
    ]


def test_tabs_and_byte_order_marks(tmp_path):
    """A TSV file as spreadsheets write it is read as well."""
    path = sheet(tmp_path, "\ufeffsubject_id\tz\r\n7\t0.1\r\n", "s.tsv")
    assert read_sheet(path, SCHEMA)[0]["z"] == 0.1


# What is wrong, the sheet, and what the message must say.
WRONG = {
    "text for a number": ("subject_id,z\n7,a\n", r"row 1: z: got 'a', expected number"),
    "second row": ("subject_id,z\n7,1\n8,-1\n", r"row 2: z: got -1.0, .*at least 0"),
    "fraction": ("subject_id\n7.5\n", "row 1: subject_id: got '7.5', expected integer"),
    "not a truth": ("subject_id,barred\n7,maybe\n", "got 'maybe', expected boolean"),
    "no id": ("subject_id,z\n,1\n", "row 1: .*missing subject_id"),
    "twice": ("subject_id\n7\n8\n7\n", "row 3: subject_id 7 stands in row 1 already"),
    "unknown column": ("subject_id,zz\n7,1\n", r"unknown key zz \(did you mean z\?\)"),
    "long row": ("subject_id\n7,8\n", "row 1: wrong length; expected 1 cells"),
    "short row": ("subject_id,z,name\n7,1\n", "row 1: wrong length; expected 3 cells"),
    "not UTF-8": (b"subject_id,name\n7,M\xfc\n", "byte .* is not UTF-8"),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_wrong_sheet_is_refused_clearly(tmp_path, case):
    """Each fault is named with the sheet, the row, the column and the value."""
    text, message = WRONG[case]
    with pytest.raises(InputError, match=message) as caught:
        read_sheet(sheet(tmp_path, text), SCHEMA)
    assert "s.csv" in str(caught.value)


def test_missing_sheet_is_named(tmp_path):
    """A sheet that is not there is an error with its path."""
    with pytest.raises(InputError, match=r"nothing\.csv: No such file"):
        read_sheet(tmp_path / "nothing.csv", SCHEMA)


def test_all_faults_in_one_message(tmp_path):
    """Three bad rows are three lines."""
    path = sheet(tmp_path, "subject_id\na\nb\nc\n")
    with pytest.raises(InputError, match=r"row 1.*row 2.*row 3"):
        read_sheet(path, SCHEMA)
