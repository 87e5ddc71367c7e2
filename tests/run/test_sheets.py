"""Sample sheets: typed rows, or one message with row numbers."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field
from skyloom.io.errors import InputError
from skyloom.run.sheets import read_sheet

COLUMNS = {
    "subject_id": Annotated[int, Field(ge=1)],
    "z": Annotated[float, Field(ge=0, description="Redshift.")],
}


def sheet(folder, text, name="s.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_rows_are_typed(tmp_path):
    """Cells have the types of their columns; other columns are left out."""
    path = sheet(tmp_path, "subject_id,z,name\n7,0.1,M 51\n8, 2 ,\n")
    rows = read_sheet(path, COLUMNS, unique="subject_id")
    assert rows == [{"subject_id": 7, "z": 0.1}, {"subject_id": 8, "z": 2.0}]


def test_tabs_and_byte_order_marks(tmp_path):
    """A TSV file as spreadsheets write it is read as well."""
    path = sheet(tmp_path, "\ufeffsubject_id\tz\r\n7\t0.1\r\n", "s.tsv")
    assert read_sheet(path, COLUMNS)[0]["z"] == 0.1


def test_numbers_of_a_spreadsheet(tmp_path):
    """Whole ones with a point, and long ones, keep their digits."""
    path = sheet(tmp_path, "Subject_ID, Z\n100003.0,1\n39627788403084375.0,2\n,,\n\n")
    rows = read_sheet(path, COLUMNS)
    assert [row["subject_id"] for row in rows] == [100003, 39627788403084375]


# What is wrong, the sheet, and what the message must say.
WRONG = {
    "text for a number": (
        "subject_id,z\n7,a\n",
        r"row 2: z: got 'a'; expected a finite number.*\(Redshift\.\)",
    ),
    "second row": (
        "subject_id,z\n7,1\n8,-1\n",
        "row 3: z: got '-1', expected greater than or equal to 0",
    ),
    "fraction": ("subject_id,z\n7.5,1\n", "row 2: subject_id: got '7.5'; expected"),
    "no id": ("subject_id,z\n,1\n", "row 2: subject_id: missing"),
    "no column": (
        "subject_id,RA\n7,2\n8,3\n",
        r"the header: no column z; expected it among subject_id, RA$",
    ),
    "twice": ("subject_id,z\n7,1\n8,1\n7,1\n", "row 4: subject_id 7 stands in row 2"),
    "no rows": ("subject_id,z\n", "no rows; expected a header and a row"),
    "empty": ("", "the file is empty"),
    "long row": ("subject_id,z\n7,8,9\n", "row 2: 3 cell.s.; expected 2"),
    "short row": ("subject_id,z,name\n7,1\n", "row 2: 2 cell.s.; expected 3"),
    "not UTF-8": (b"subject_id,z,name\n7,1,M\xfc\n", "byte .* is not UTF-8"),
    "column twice": ("subject_id,z,subject_id\n1,1,2\n", "column appears twice"),
    "web page": ("<html>\n<body>subject_id,z</body>\n", "a web page"),
    "underscore": ("subject_id,z\n1_000,1\n", "row 2: subject_id: got '1_000'"),
    "spreadsheet": ("subject_id,z\n3.96E+16,1\n", "'3.96E.16' has lost its digits"),
    "beyond": ("subject_id,z\n9223372036854775808,1\n", "is beyond 64 bits"),
    "infinite": ("subject_id,z\n1,1e999\n", "row 2: z: got '1e999'"),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_wrong_sheet_is_refused_clearly(tmp_path, case):
    """Each fault is named with the sheet, the row, the column and the value."""
    text, message = WRONG[case]
    with pytest.raises(InputError, match=message) as caught:
        read_sheet(sheet(tmp_path, text), COLUMNS, unique="subject_id")
    assert "s.csv" in str(caught.value)


def test_missing_sheet_is_named(tmp_path):
    """A sheet that is not there is an error with its path."""
    with pytest.raises(InputError, match=r"nothing\.csv: no such file"):
        read_sheet(tmp_path / "nothing.csv", COLUMNS, unique="subject_id")


def test_all_faults_in_one_message(tmp_path):
    """Three bad rows are three lines."""
    path = sheet(tmp_path, "subject_id,z\na,1\nb,1\nc,1\n")
    with pytest.raises(InputError, match=r"row 2.*row 3.*row 4"):
        read_sheet(path, COLUMNS, unique="subject_id")
