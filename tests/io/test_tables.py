"""CSV with a schema."""

import csv

import numpy as np
import pandas as pd
import pytest
from skyloom.io.cells import CellError
from skyloom.io.errors import InputError
from skyloom.io.rows import read_rows
from skyloom.io.tables import (
    Column,
    checked,
    checked_cell,
    read_csv,
    read_own_csv,
    write_csv,
)


def written(tmp_path, text: str | bytes):
    path = tmp_path / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_kinds(tmp_path):
    """Each kind is converted; columns not asked for are dropped."""
    path = written(tmp_path, "i,f,s,b,more\n7,1.5,x,true,?\n8,-2e3, y ,0,?\n")
    table = read_csv(path, {"i": "int", "f": "float", "s": "str", "b": "bool"})
    assert table.to_dict("list") == {
        "i": [7, 8],
        "f": [1.5, -2000.0],
        "s": ["x", " y "],
        "b": [True, False],
    }


def test_identifiers_of_18_digits_survive(tmp_path):
    """They never pass through a float, even beside an empty cell."""
    path = written(tmp_path, "a,b\n587741421632356667,1\n,2\n")
    table = read_csv(path, {"a": Column("int", empty=True)})
    assert table["a"][0] == 587741421632356667
    assert table["a"].isna().tolist() == [False, True]


def test_byte_order_mark_and_cells_with_line_breaks(tmp_path):
    """Both are ordinary; rows are counted as records."""
    path = written(tmp_path, b'\xef\xbb\xbfa,b\n1,"x\ny"\n2,\n')
    assert [row for row, _ in read_rows(path)] == [2, 3]
    with pytest.raises(InputError, match="row 3, column 'b': empty cell"):
        read_csv(path, {"a": "int", "b": "str"})


def test_very_large_cells(tmp_path):
    """A cell may be larger than the csv module's limit, which stays as it was."""
    before = csv.field_size_limit()
    path = written(tmp_path, "a\n" + "x" * (before + 10) + "\n")
    assert len(read_csv(path, {"a": "str"})["a"][0]) == before + 10
    assert csv.field_size_limit() == before


def test_csv_round_trip(tmp_path):
    """Floats keep all digits, None becomes an empty cell."""
    table = pd.DataFrame({"x": [0.1 + 0.2, 1e-300], "s": ['a,"b"', None]})
    write_csv(tmp_path / "a.csv", table)
    again = read_csv(tmp_path / "a.csv", {"x": "float", "s": Column(empty=True)})
    assert again["x"].tolist() == table["x"].tolist()
    assert again["s"].tolist() == ['a,"b"', None]


# The same column as text and as numbers, its schema, and what is wrong with row 2.
BAD = {
    "below": (
        ["1", "-1"],
        [1.0, -1.0],
        Column("float", low=0),
        "got -1.0; .* 0 or more",
    ),
    "above": (["1", "9"], [1, 9], Column("int", high=8), "got 9; expected 8 or less"),
    "beyond": (["1", "9"], [1, 9], Column("int", low=0, high=8), "expected 0 to 8"),
    "endless": (["1", "1e999"], [1, np.inf], Column("float"), "a finite number"),
    "fraction": (
        ["1", "1.5"],
        [1, 1.5],
        Column("int"),
        "1.5.*a whole number",
    ),
    "empty": (["1", " "], [1, np.nan], Column("int"), "empty cell; .*a whole number"),
    "again": (
        ["1", "1.0"],
        [1, 1],
        Column("int", unique=True),
        "1 already .*in a1",
    ),
    "no truth": (["1", "2"], [1, 2], Column("bool"), "got '2'; expected true or false"),
    "a word": (["1", "x"], ["1", "x"], Column("float"), "got 'x'; expected a finite"),
}


@pytest.mark.parametrize("case", BAD)
def test_limits_hold_for_text_and_numbers(case):
    """The row is named as the reader of the file counts."""
    text, values, column, problem = BAD[case]
    for cells in (text, values):
        with pytest.raises(InputError, match=rf"f: a2, column 'n': .*{problem}"):
            checked("f", {"n": cells}, {"n": column}, lambda k: f"a{k + 1}")


def test_gaps_are_kept():
    """Each kind has its own; identifiers stay exact beside them."""
    columns = {k: Column(k, empty=True) for k in ("int", "float", "str", "bool")}
    cells = {"int": [str(2**62 + 1), "--"], "float": ["1", "NaN"], "str": ["NA", ""]}
    table = checked("f", cells | {"bool": ["1", ""]}, columns, str)
    assert table["int"][0] == 2**62 + 1
    assert table["str"][0] == "NA"
    assert table.isna().to_numpy().tolist() == [[False] * 4, [True] * 4]


def test_a_single_cell():
    """As the column would read it."""
    assert checked_cell("7.0", Column("int")) == 7
    assert checked_cell(301, Column()) == "301"
    with pytest.raises(CellError, match="got 9; expected 1 to 6; one of six"):
        checked_cell(9, Column("int", low=1, high=6, remedy="one of six"))


def test_columns_in_another_case(tmp_path):
    """By the names asked for; which one is not guessed."""
    path = written(tmp_path, " A ,b\n1,2\n")
    assert read_csv(path, {"a": "int", "B": "int"}).to_dict("list") == {
        "a": [1],
        "B": [2],
    }
    path = written(tmp_path, "Aa,aA\n1,2\n")
    with pytest.raises(InputError, match="columns Aa and aA could both be AA"):
        read_csv(path, {"AA": "int"})


def test_a_table_of_ours_is_whole(tmp_path):
    """Cut anywhere but between rows, or no table: it is made again."""
    path = tmp_path / "a.csv"
    write_csv(path, pd.DataFrame({"id": [2**62 + 1, 7], "x": [0.25, 1.5]}))
    assert read_own_csv(path)["id"].tolist() == [2**62 + 1, 7]
    whole = path.read_bytes()
    for cut in (b"", whole[:-1], whole[:-3], b"a,b\n1\xff\n", b'a,b\n"1\n'):
        path.write_bytes(cut)
        with pytest.raises(InputError, match=r"a\.csv: .*delete it and run"):
            read_own_csv(path)
