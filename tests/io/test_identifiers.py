"""Identifiers: every digit of what is whole, a refusal of what may be another's."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.io.cells import CellError
from skyloom.io.identifiers import HIGHEST, LOWEST, integer, integers, labels, names

LONG = 39627788403084375  # of DESI; a float has ...376
SAYS_LOST = (
    "'3.96E\\+16' has lost its digits; expected .*; export it again with the col"
)


@given(st.integers(LOWEST, HIGHEST), st.sampled_from(["", ".", ".0", ".000"]))
def test_text_and_number_are_one(number, ending):
    """All of int64, with the ending that a column of floats writes, and blanks."""
    assert integer(f"{number}") == number
    assert integer(f" {number}{ending}\t") == number
    for column in ([f"{number}"], np.array([f"{number}".encode()])):
        assert integers(column).tolist() == [number]
    beside = [f"{number}{ending}", f"{LONG}.0"]
    assert integers(beside).tolist() == [number, LONG]
    assert integers(np.array([number], np.int64)).tolist() == [number]


@given(st.integers(min_value=HIGHEST + 1) | st.integers(max_value=LOWEST - 1))
@settings(max_examples=50)
def test_what_64_bits_do_not_hold_is_refused(number):
    """As text of any length, and unsigned."""
    for text in (f"{number}", f"{number}.0"):
        with pytest.raises(CellError, match="is beyond 64 bits"):
            integer(text)
    if number < 2**64 and number > 0:
        with pytest.raises(CellError, match="is beyond 64 bits"):
            integers(np.array([1, number], np.uint64))


def test_numbers_of_many_digits_are_refused():
    """Python itself reads 4,300 digits at most."""
    with pytest.raises(CellError, match="beyond 64 bits"):
        integer("9" * 5000)
    assert integer("0" * 50 + "7") == 7


@given(st.floats(min_value=2.0**53, allow_infinity=False), st.booleans())
def test_floats_above_2_53_are_refused(value, below):
    """They may have been rounded, however they come."""
    value = -value if below else value
    for column in (
        np.array([1.0, value]),
        np.array([1.0, value], object),
        np.ma.array([1.0, value]),
        pd.Series([1.0, value]),
    ):
        for read in (integers, labels):
            with pytest.raises(CellError, match=r"exact below 2\^53 only") as bad:
                read(column)
            assert bad.value.row == 1
            assert "int64" in str(bad.value)


@given(st.lists(st.integers(1 - 2**53, 2**53 - 1)))
def test_floats_below_2_53_are_exact(values):
    """Each stands for one whole number."""
    assert integers(np.array(values, float)).tolist() == values


@given(st.lists(st.floats(2.0**53, 2.0**62), min_size=1))
def test_floats_as_text_are_refused(values):
    """Each of such a column may have been rounded before it was written."""
    with pytest.raises(CellError, match=r"'\d+\.0' may be a float that was rounded"):
        integers(["7.0", *(f"{value:.1f}" for value in values), "8"])


def test_short_floats_are_exact_for_less():
    """A float32 has 24 bits."""
    assert integers(np.array([2**24 - 1], np.float32)).tolist() == [2**24 - 1]
    with pytest.raises(CellError, match=r"float32, which is exact below 2\^24"):
        integers(np.array([2**24], np.float32))


TEXTS = {
    "3.96E+16": SAYS_LOST,
    "1e3": "'1e3' has lost its digits",
    "1_000": "got '1_000'; expected a whole number, of digits 0 to 9",
    "１２３": "expected a whole number",
    "٣": "expected a whole number",
    "7.5": "got '7.5'",
    "0x10": "got '0x10'",
    "1,000": "got",
    "inf": "got 'inf'",
    "+": "got '[+]'",
    "1 2": "got '1 2'",
    "M 51": "got 'M 51'",
}


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_no_identifier_is_refused(text):
    """Alone, and in a column, with its row."""
    with pytest.raises(CellError, match=TEXTS[text]):
        integer(text)
    for column in ([f"{LONG}", text], np.array([f"{LONG}", text], object)):
        with pytest.raises(CellError, match=TEXTS[text]) as bad:
            integers(column)
        assert bad.value.row == 1


COLUMNS = {
    "NaN": ([1.0, np.nan], "empty cell"),
    "infinite": ([1.0, np.inf], "exact below"),
    "a half": ([1.0, 2.5], "got 2.5"),
    "masked": (np.ma.array([1, 2], mask=[0, 1]), "empty cell"),
    "no text": (["1", " "], "empty cell"),
    "None": (np.array([1, None], object), "empty cell"),
    "NA": (np.array([1, pd.NA], object), "empty cell"),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_cells_without_an_identifier_are_named(case):
    """By row; in columns of labels too."""
    values, problem = COLUMNS[case]
    for read in (integers, labels):
        with pytest.raises(CellError, match=problem) as bad:
            read(values)
        assert bad.value.row == 1


def test_columns_of_other_kinds_are_refused():
    """Bits, dates, complex numbers and vectors."""
    for values in ([True], np.array(["2020"], "M8[D]"), [1j], [[1, 2]]):
        with pytest.raises(CellError, match=r"column of|one value a row"):
            integers(values)


def test_labels_are_whole_numbers_or_names():
    """One rule for a column; a name stands as it is."""
    assert labels(["7", "8.0", f"{LONG}.0"]).tolist() == [7, 8, LONG]
    assert labels(np.array([b"7", b"8"])).dtype == np.int64
    mixed = ["7", " CLX J0001-0001 ", "8.0", "1E0657", "ÄBC"]
    assert labels(mixed).tolist() == [text.strip() for text in mixed]
    assert labels(["007", "8"]).tolist() == ["007", "8"]
    assert labels(np.array([7, "a", LONG], object)).tolist() == ["7", "a", f"{LONG}"]


def test_a_spreadsheets_number_is_no_name():
    """Neither among whole numbers nor among names."""
    for others in ([f"{LONG}"], ["CLX"], []):
        with pytest.raises(CellError, match=SAYS_LOST) as bad:
            labels([*others, "3.96E+16"])
        assert bad.value.row == len(others)


def test_names_are_text_and_empty_where_a_cell_is():
    """The same galaxy has the same name in a table of text and in one of numbers."""
    assert names(["7.0", "", "8"]).tolist() == ["7", "", "8"]
    assert names(np.array([7.0, np.nan])).tolist() == ["7", ""]
    assert names(np.array([LONG, None], object)).tolist() == [f"{LONG}", ""]
    assert names(np.array([], object)).tolist() == []
    with pytest.raises(CellError, match="exact below") as bad:
        names([np.nan, float(LONG)])
    assert bad.value.row == 1


def test_a_number_among_names_may_have_been_rounded():
    """It is refused there as it is alone; small ones are names as they stand."""
    with pytest.raises(CellError, match="may have been rounded"):
        labels(["A1", "39627788403084376.0"])
    assert labels(["A1", "7.0"]).tolist() == ["A1", "7.0"]
