"""Identifiers of objects: whole numbers of 64 bits with all their digits, or names.

An identifier of 16 digits or more does not survive a column of floats, nor a
spreadsheet: what has been rounded is refused, as it may be another object's. What is
whole is read, however it is written: 39627788403084375, or 39627788403084375.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from skyloom.io.cells import CellError, each, empty, one_a_row, shown, text_of

LOWEST, HIGHEST = -(2**63), 2**63 - 1
WHOLE = re.compile(r"([+-]?[0-9]+)(\.0*)?")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
SPREADSHEET = re.compile(r"[+-]?[0-9](\.[0-9]+)?[eE]\+[0-9]+")
PADDED = re.compile(r"[+-]?0[0-9]+")  # 007 is a name, where names may stand
AS_WHOLE = "export the column as whole numbers, without a point"
AS_TEXT = "export it again with the column as text"
ALL_DIGITS = "a whole number with all its digits"
BLANK = frozenset(("",))


def integer(text: str) -> int:
    """Return the whole number that a text says, exactly.

    Raises
    ------
    CellError
        A fraction, a number with an exponent (a spreadsheet has cut its digits), one
        beyond 64 bits, or what is no number.
    """
    bare = text.strip()
    found = WHOLE.fullmatch(bare)
    if found is None and "e" in bare.lower() and NUMBER.fullmatch(bare):
        msg = f"{shown(text)} has lost its digits"
        raise CellError(msg, ALL_DIGITS, AS_TEXT)
    if found is None:
        msg = f"got {shown(text)}"
        raise CellError(msg, "a whole number, of digits 0 to 9")
    # Python refuses to read thousands of digits.
    value = int(found[1]) if len(found[1]) < 1000 else HIGHEST + 1
    if not LOWEST <= value <= HIGHEST:
        msg = f"{shown(text)} is beyond 64 bits"
        raise CellError(msg, "-2^63 to 2^63 - 1")
    return value


def integers(values: Iterable) -> np.ndarray:
    """Return a column of numbers or text as int64, exactly.

    Raises
    ------
    CellError
        As of `integer`, an empty cell, and floats that may have been rounded, as
        numbers or as text: float64 is exact below 2^53 only, float32 below 2^24.
    """
    values = one_a_row(values)
    _refuse(empty(values), values, "empty cell", "a whole number")
    kind = values.dtype.kind
    if kind == "f":
        return _from_floats(np.ma.getdata(values))
    if kind == "u":
        _refuse(values > HIGHEST, values, "{} is beyond 64 bits", "below 2^63")
    if kind in "iu":
        return np.ma.getdata(values).astype(np.int64)
    if kind not in "SUO":
        msg = f"a column of {values.dtype}"
        raise CellError(msg, "whole numbers")
    made = np.array(each(_integer, values), np.int64)
    _refuse_written_floats(values, made)
    return made


def labels(values: Iterable) -> np.ndarray:
    """Return a column of identifiers: int64, or objects of text if one is a name.

    One rule holds for the whole column. A name is any text, and stands as it is.

    Raises
    ------
    CellError
        As of `integers` for numbers; among names, an empty cell and a number that a
        spreadsheet has cut (1.2376E+18).
    """
    values = one_a_row(values)
    if values.dtype.kind not in "SUO":
        return integers(values)
    _refuse(empty(values, BLANK), values, "empty cell", "an identifier")
    texts = [text.strip() for text in each(_text, values)]
    if all(NUMBER.fullmatch(t) and not PADDED.fullmatch(t) for t in texts):
        return integers(np.array(texts, object))
    cut = np.array(["+" in text and _is_cut(text) for text in texts], bool)
    _refuse(cut, values, "{} has lost its digits", "all of them", AS_TEXT)
    points = np.array([_was_float(text) for text in texts], bool)
    _refuse(points, values, "{} may have been rounded", "all digits", AS_TEXT)
    return np.array(texts, object)


def names(values: Iterable) -> np.ndarray:
    """Return `labels` as text, empty where a cell is."""
    values = one_a_row(values)
    there = ~empty(values, BLANK)
    if there.all():
        return np.array([str(label) for label in labels(values).tolist()], object)
    made = np.full(len(values), "", object)
    try:
        made[there] = [str(label) for label in labels(values[there]).tolist()]
    except CellError as bad:
        bad.row = int(np.flatnonzero(there)[bad.row])
        raise
    return made


def _from_floats(values: np.ndarray) -> np.ndarray:
    bits = np.finfo(values.dtype).nmant + 1
    problem = f"{{}} is a {values.dtype.name}, which is exact below 2^{bits} only"
    # A number of just 2^53 may have been one more.
    large = np.abs(values) >= 2.0**bits
    _refuse(large, values, problem, ALL_DIGITS, "write the column as int64")
    _refuse(values != np.rint(values), values, "got {}", "a whole number")
    return values.astype(np.int64)


def _refuse_written_floats(values: np.ndarray, made: np.ndarray) -> None:
    """Refuse text such as 39627788403084376.0 where all is what a float could hold.

    Of identifiers that are whole, some are none that float64 has.
    """
    long = np.flatnonzero((made >= 2**53) | (made <= -(2**53)))
    dotted = np.array(["." in text_of(values[k]) for k in long], bool)
    exact = np.array([int(float(made[k])) == made[k] for k in long], bool)
    if dotted.any() and exact[dotted].all():
        problem = f"{shown(values[long[dotted][0]])} may be a float that was rounded"
        raise CellError(problem, ALL_DIGITS, AS_WHOLE, long[dotted][0])


def _integer(cell: object) -> int:
    if isinstance(cell, float):
        return int(_from_floats(np.array([cell]))[0])
    return integer(text_of(cell))


def _text(cell: object) -> str:
    return str(_integer(cell)) if isinstance(cell, float) else text_of(cell)


def _was_float(text: str) -> bool:
    found = WHOLE.fullmatch(text)
    large = found is not None and len(found[1]) < 1000 and abs(int(found[1])) >= 2**53
    return large and found[2] is not None


def _is_cut(text: str) -> bool:
    return SPREADSHEET.fullmatch(text) is not None


def _refuse(bad: np.ndarray, values, problem: str, expected: str, remedy: str = ""):
    rows = np.flatnonzero(np.ma.getdata(bad))
    if rows.size:
        cell = np.ma.getdata(values)[rows[0]]
        shortly = shown(cell) if isinstance(cell, str | bytes) else f"{cell}"
        raise CellError(problem.format(shortly), expected, remedy, rows[0])
