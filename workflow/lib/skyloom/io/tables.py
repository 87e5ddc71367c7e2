"""Tables: columns with a schema, and CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.atomic import write_text
from skyloom.io.cells import (
    MISSING,
    CellError,
    each,
    empty,
    numbers,
    one_a_row,
    shown,
    text_of,
)
from skyloom.io.errors import REMADE, InputError, existing_file
from skyloom.io.identifiers import BLANK, integers
from skyloom.io.rows import header, read_rows

# Kinds of columns in words.
SAID = {"int": "a whole number", "float": "a number", "str": "text"}
SAID |= {"bool": "true or false"}
TRUTHS = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Column:
    """What a column must hold.

    Attributes
    ----------
    kind : str
        ``"int"``, ``"float"``, ``"str"`` or ``"bool"``.
    required : bool
        Whether the column must exist.
    empty : bool
        Whether a cell may be empty; it becomes NaN, None or <NA>. Numbers may be
        empty as `cells.MISSING` says.
    unique : bool
        Whether a value may stand in one row only.
    low, high : float or None
        Inclusive limits of a number.
    unknown : float or None
        A number that says what an empty cell does.
    remedy : str
        What to do about a number beyond the limits.
    """

    kind: str = "str"
    required: bool = True
    empty: bool = False
    unique: bool = False
    low: float | None = None
    high: float | None = None
    unknown: float | None = None
    remedy: str = ""


# A redshift above is a slip of the pen, or a placeholder as 99 is.
REDSHIFT = Column(
    "float",
    empty=True,
    low=-0.1,
    high=20.0,
    unknown=-1.0,
    remedy="leave the cell empty, or write -1, where it is unknown",
)


def read_csv(path: str | Path, columns: Mapping[str, Column | str]) -> pd.DataFrame:
    """Read and validate the named columns of a CSV file that exist, in their order.

    They may differ from the file's names by case.

    Parameters
    ----------
    path : str or Path
        The file.
    columns : mapping of str to Column or str
        By name; a plain string is the kind of a column that must be filled.

    Raises
    ------
    InputError
        What `read_rows` raises, and: a missing column, an empty cell, a cell of
        another kind, out of its limits, or repeated where it must be unique.
    """
    schema = {k: Column(v) if isinstance(v, str) else v for k, v in columns.items()}
    rows = list(read_rows(path, schema))
    present = header(path, schema)
    for name, column in schema.items():
        if column.required and name not in present:
            expected = f"it among {', '.join(present)}"
            raise InputError(path, "missing column", where=name, expected=expected)
    kept = {name: column for name, column in schema.items() if name in present}
    found = {name: _cells(rows, name) for name in kept}
    return checked(path, found, kept, lambda k: f"row {rows[k][0]}")


def read_own_csv(path: str | Path, **how) -> pd.DataFrame:
    """Read what `write_csv` wrote, by pandas and its options; InputError if damaged."""
    path = existing_file(path)
    try:
        with path.open("rb") as file:
            file.seek(-1, SEEK_END)
            whole = file.read() == b"\n"
        table = pd.read_csv(path, **how) if whole else None
    except ValueError as bad:  # so are pandas' and those of encodings
        raise InputError(path, f"damaged ({bad})", remedy=REMADE) from None
    if table is None:
        raise InputError(path, "cut short", remedy=REMADE)
    return table


def checked_cell(cell: object, column: Column) -> object:
    """Return the value of a single cell; CellError if the column cannot hold it."""
    cells = np.empty(1, object)
    cells[0] = cell
    return _column(cells, column, lambda k: f"row {k}")[0]


def _cells(rows: list[tuple[int, dict]], name: str) -> np.ndarray:
    cells = np.empty(len(rows), object)
    cells[:] = [cells[name] for _, cells in rows]
    return cells


def checked(
    path: str | Path,
    found: Mapping[str, Iterable],
    columns: Mapping[str, Column],
    row: Callable[[int], str],
) -> pd.DataFrame:
    """Return columns of any file, text or numbers, as their schema wants them.

    Parameters
    ----------
    path : str or Path
        The file, for messages.
    found : mapping of str to iterable
        The columns by name.
    columns : mapping of str to Column
        What each of them must hold.
    row : callable
        The name of a row, counted from 0, as a reader of the file counts.

    Raises
    ------
    InputError
        An empty cell, a cell of another kind, out of its limits, or repeated.
    """
    made = {}
    for name, values in found.items():
        try:
            made[name] = _column(values, columns[name], row)
        except CellError as bad:
            raise bad.at(path, f"{row(bad.row)}, column {name!r}") from None
    return pd.DataFrame(made)


def write_csv(path: str | Path, table: pd.DataFrame) -> None:
    """Write a CSV file, whole or not at all; floats keep all their digits."""
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def _column(values: Iterable, column: Column, row: Callable[[int], str]) -> pd.Series:
    read, whole, gappy, words = KINDS[column.kind]
    values = one_a_row(values)
    missing = empty(values, words).copy()
    if missing.any() and not column.empty:
        problem = "empty cell"
        raise CellError(problem, SAID[column.kind], row=np.argmax(missing))
    rows = np.flatnonzero(~missing)
    try:
        made = read(np.ma.getdata(values)[rows])
        if column.unknown is not None:
            missing[rows[made == column.unknown]] = True
            rows, made = rows[made != column.unknown], made[made != column.unknown]
        _refuse_beyond(made, column)
        if column.unique:
            _refuse_repeats(made, lambda k: row(rows[k]))
    except CellError as bad:
        bad.row = int(rows[bad.row])
        raise
    if not missing.any():
        return pd.Series(made, dtype=whole)
    series = pd.Series([None] * len(values), dtype=gappy)
    series.iloc[rows] = made
    return series


def _finite(values: np.ndarray) -> np.ndarray:
    made = numbers(values)
    for k in np.flatnonzero(~np.isfinite(made)):
        problem = f"got {shown(values[k])}"
        raise CellError(problem, "a finite number", row=k)
    return made


def _texts(values: np.ndarray) -> list[str]:
    # FITS pads texts with blanks; of CSV they are as written.
    texts = map(text_of, values.tolist())
    return [text.strip() for text in texts] if values.dtype.kind in "SU" else [*texts]


def _truth(cell: object) -> bool:
    try:
        return TRUTHS[text_of(cell).strip().lower()]
    except KeyError:
        problem = f"got {shown(cell)}"
        raise CellError(problem, "true or false") from None


# By kind: what reads a column, its type without and with empty cells, and what says
# that a cell is empty.
KINDS = {
    "int": (integers, "int64", "Int64", MISSING),
    "float": (_finite, "float64", "float64", MISSING),
    "str": (_texts, object, object, BLANK),
    "bool": (lambda values: each(_truth, values), bool, "boolean", MISSING),
}


def _refuse_beyond(values: np.ndarray | list, column: Column) -> None:
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    if column.kind in ("int", "float") and (low, high) != (-np.inf, np.inf):
        for k in np.flatnonzero((values < low) | (values > high)):
            problem = f"got {values[k]}"
            raise CellError(problem, _range(column), column.remedy, k)


def _range(column: Column) -> str:
    if column.low is None:
        return f"{column.high:g} or less"
    if column.high is None:
        return f"{column.low:g} or more"
    return f"{column.low:g} to {column.high:g}"


def _refuse_repeats(values: Iterable, row: Callable[[int], str]) -> None:
    first: dict = {}
    for k, value in enumerate(values):
        if first.setdefault(value, k) != k:
            problem = f"{value} already stands in {row(first[value])}"
            raise CellError(problem, "unique values", row=k)
