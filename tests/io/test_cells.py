"""Numbers as cells say them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.io.cells import CellError, empty, number, numbers


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_return(value):
    """Every float that Python writes is read as itself."""
    assert number(f" {value!r} ") == value


BAD = ["", "x", "1_000", "１", "inf", "-Infinity", "1e999", "0x1F", "1d3", "nan", "1 2"]


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_number_is_refused(text):
    """Python would take some of them."""
    with pytest.raises(CellError, match="expected a finite number"):
        number(text)


def test_a_decimal_comma_is_told():
    """It is what a spreadsheet of many countries writes."""
    with pytest.raises(CellError, match=r"got '0,35'.*a point, not with a comma"):
        number("0,35")


def test_columns_of_numbers():
    """Text, bytes, objects, masked; what is missing is NaN."""
    for values in (
        ["1.5", " -- "],
        np.array([b"1.5", b"NaN"]),
        np.array([1.5, None], object),
        np.array(["1.5", pd.NA], object),
        np.ma.array([1.5, 3.0], mask=[False, True]),
        np.ma.array(["1.5", "x"], mask=[False, True]),
    ):
        found = numbers(values)
        assert found.dtype == np.float64
        assert np.array_equal(found, [1.5, np.nan], equal_nan=True)
        assert empty(values).tolist() == [False, True]


def test_a_bad_cell_has_its_row():
    """Counted from 0, missing ones too."""
    with pytest.raises(CellError, match="got 'two'") as bad:
        numbers(["1", "", "two"])
    assert bad.value.row == 2


def test_columns_of_other_kinds_are_refused():
    """Bits, complex numbers, vectors, and objects that are none of these."""
    for values in ([True], [1j], [[1.0, 2.0]], np.array([{}, 1], object)):
        with pytest.raises(CellError, match=r"column of|one value a row|got"):
            numbers(values)
