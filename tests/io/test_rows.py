"""The reader of text tables."""

import gzip

import pytest
from skyloom.io import rows
from skyloom.io.errors import InputError
from skyloom.io.rows import header, read_rows, row_of

TEXT = "ID,RA\n1,2\n3,4\n"
ROWS = [(2, {"ID": "1", "RA": "2"}), (3, {"ID": "3", "RA": "4"})]


def written(folder, content: str | bytes, name="a.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# What people have, which all say the same.
SAME = {
    "blanks round names": "ID, RA \n1,2\n3,4\n",
    "semicolons": TEXT.replace(",", ";"),
    "tabs": TEXT.replace(",", "\t"),
    "quoted": '"ID";"RA"\n"1";"2"\n"3";"4"\n',
    "byte order mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "two byte order marks": b"\xef\xbb\xbf" * 2 + TEXT.encode(),
    "returns": TEXT.replace("\n", "\r\n"),
    "returns only": TEXT.replace("\n", "\r"),
    "no end of line": TEXT[:-1],
    "blank lines at the end": TEXT + "\n\n  \n",
    "rows of commas at the end": TEXT + ",\n,,,\n",
    "packed under a plain name": gzip.compress(TEXT.encode()),
}


@pytest.mark.parametrize("case", SAME)
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_one_table_in_many_forms(tmp_path, case, name):
    """Names, cells and numbers of rows are those of the plain one."""
    path = written(tmp_path, SAME[case], name)
    assert list(read_rows(path)) == ROWS
    assert header(path) == ["ID", "RA"]


def test_blank_rows_count(tmp_path):
    """A spreadsheet shows the number of a row with blank ones above."""
    path = written(tmp_path, "\nID,RA\n\n1,2\n,\n3,4\n")
    assert [row for row, _ in read_rows(path)] == [4, 6]
    assert [row_of(path, k) for k in (0, 1)] == ["row 4", "row 6"]
    assert row_of("a.fits", 0) == "row 1"


@pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_only_line_ends_end_a_row(tmp_path, mark, quote):
    """A soft line break stays in its cell."""
    path = written(tmp_path, f"ID,RA\n{quote}a{mark}b{quote},2\n")
    assert list(read_rows(path)) == [(2, {"ID": f"a{mark}b", "RA": "2"})]


def test_names_in_another_case(tmp_path):
    """The exact name goes first; of two others none is taken."""
    path = written(tmp_path, "id,Ra,ra\n1,2,3\n")
    assert header(path, ["ID", "ra"]) == ["ID", "Ra", "ra"]
    assert next(read_rows(path, ["ID"]))[1] == {"ID": "1", "Ra": "2", "ra": "3"}
    with pytest.raises(InputError, match=r"columns Ra and ra could both be RA.*keep"):
        header(path, ["RA"])


def test_columns_without_a_name(tmp_path):
    """Spreadsheets leave some at the end; the first may be an index."""
    path = written(tmp_path, ",RA,,\n1,2,,\n")
    assert list(read_rows(path)) == [(2, {"": "1", "RA": "2"})]


BAD = {
    "web page": (b"\n<!DOCTYPE html>\n<html>404</html>", "a web page or XML; expected"),
    "packed web page": (gzip.compress(b"<html></html>"), "a web page"),
    "UTF-16": ("\ufeff" + TEXT).encode("utf-16-le"),
    "UTF-16 without mark": TEXT.encode("utf-16-le"),
    "spreadsheet": (b"PK\x03\x04\x14\0\0\0", "a spreadsheet"),
    "twice with blanks": ("ID, ID\n1,2\n", "row 1, 'ID': column appears twice"),
    "short row": (TEXT + "5\n", "row 4: 1 cell.s.; expected 2"),
    "long row": (TEXT + "5,6,7\n", "row 4: 3 cell"),
    "open quote": (TEXT + '"5,6\n', "row 4: unexpected end"),
    "blank": ("\n\n", "no header"),
    "empty": (b"", "the file is empty"),
    "not UTF-8": (TEXT.encode() + b"M\xfc,1\n", "line 4, byte .* is not UTF-8"),
    "cut pack": (gzip.compress(TEXT.encode())[:-9], "not a readable CSV"),
}


@pytest.mark.parametrize(
    "text", ["ID,RA\n" + "1" * 200, "ID" * 100, 'ID\n"a\n' + "b\n" * 99]
)
def test_endless_lines_are_refused(tmp_path, monkeypatch, text):
    """A small packed file may hold one that fills the memory; so may an open quote."""
    monkeypatch.setattr(rows, "LONGEST", 100)
    path = written(tmp_path, gzip.compress(text.encode()))
    with pytest.raises(InputError, match=r"a line of 100 char|field larger"):
        list(read_rows(path))


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_table_is_refused(tmp_path, case):
    """As what it is, with its file."""
    content, problem = (
        BAD[case] if isinstance(BAD[case], tuple) else (BAD[case], "UTF-16 text.*iconv")
    )
    path = written(tmp_path, content)
    with pytest.raises(InputError, match=rf"a\.csv.*{problem}"):
        list(read_rows(path))
