"""What the cells of a column say as numbers, or which of them says none, and why.

A number is what every reader takes for the same one: digits 0 to 9, a point, an
exponent. Python would also read ``1_000``, digits of other scripts, ``inf``, and
``1e999`` as infinity.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from skyloom.io.errors import InputError

# How tables write that a number is not known.
MISSING = frozenset(("", "na", "n/a", "<na>", "nan", "null", "none", "--", "-"))


class CellError(ValueError):
    """A cell that cannot be what it should be; `row` counts from 0."""

    def __init__(self, problem: str, expected: str = "", remedy: str = "", row=0):
        self.problem, self.expected, self.remedy = problem, expected, remedy
        self.row = int(row)
        wanted = f"expected {expected}" if expected else ""
        super().__init__("; ".join(p for p in (problem, wanted, remedy) if p))

    def at(self, path: str | Path, where: str) -> InputError:
        """Return the error of the file that has the cell at this place."""
        return InputError(
            path,
            self.problem,
            where=where,
            expected=self.expected,
            remedy=self.remedy,
        )


def number(text: str) -> float:
    """Return the finite number that a text says; CellError for another text."""
    bare = text.strip()
    try:
        value = float(bare)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in bare or not bare.isascii():
        comma = "," in bare
        remedy = "write decimals with a point, not with a comma" if comma else ""
        msg = f"got {shown(text)}"
        raise CellError(msg, "a finite number", remedy)
    return value


def numbers(values: Iterable) -> np.ndarray:
    """Return a column of numbers or text as float64, NaN where it is masked or missing.

    CellError for a cell that is no number; infinities of a column of floats are kept.
    """
    values = one_a_row(values)
    if values.dtype.kind in "fiu":
        return np.ma.filled(values.astype(np.float64), np.nan)
    if values.dtype.kind not in "SUO":
        msg = f"a column of {values.dtype}"
        raise CellError(msg, "numbers")
    made = _plain_numbers(values)
    if made is not None:
        return made
    made, there = np.full(len(values), np.nan), ~empty(values)
    made[there] = each(_number, values[there], np.flatnonzero(there))
    return made


def empty(values: Iterable, words: frozenset[str] = MISSING) -> np.ndarray:
    """Return which cells are masked, NaN, None, or one of these words."""
    values = one_a_row(values)
    if values.dtype.kind == "f":
        return np.ma.filled(np.isnan(values), True)
    if values.dtype.kind not in "SUO":
        return np.ma.getmaskarray(values)
    cells = np.ma.getdata(values).tolist()
    found = [
        cell.strip().lower() in words if type(cell) is str else _no(cell, words)
        for cell in cells
    ]
    return np.array(found, bool) | np.ma.getmaskarray(values)


def one_a_row(values: Iterable) -> np.ma.MaskedArray | np.ndarray:
    """Return a column as an array, masked or not; CellError for cells of several."""
    values = values if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    if values.ndim != 1:
        msg = f"cells of shape {values.shape[1:]}"
        raise CellError(msg, "one value a row")
    return values


def each(read: Callable, cells: Iterable, rows: Iterable[int] | None = None) -> list:
    """Return what `read` makes of each cell; its CellError gets the cell's row."""
    made = []
    cells = np.ma.getdata(cells).tolist()
    try:
        made.extend(map(read, cells))
    except CellError as bad:
        k = len(made)
        bad.row = k if rows is None else int(rows[k])
        raise
    return made


def text_of(cell: object) -> str:
    """Return the text of a cell of bytes, text or a number."""
    if not isinstance(cell, bytes):
        return str(cell)
    try:
        return cell.decode()
    except UnicodeDecodeError:  # other bytes stay other letters
        return cell.decode("latin-1")


def shown(cell: object) -> str:
    """Return a cell as a message quotes it."""
    return repr(text_of(cell).strip()[:40])


def _plain_numbers(values: np.ndarray) -> np.ndarray | None:
    """Return a column of text that is all finite numbers, in one go; else None."""
    cells = values.tolist()  # of a masked cell, None
    try:
        plain, made = "".join(cells), np.array(list(map(float, cells)))
    except (TypeError, ValueError):
        return None
    good = plain.isascii() and "_" not in plain and np.isfinite(made).all()
    return made if good else None


def _number(cell: object) -> float:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return float(cell)
    return number(text_of(cell))


def _no(cell: object, words: frozenset[str]) -> bool:
    if isinstance(cell, str | bytes):
        return text_of(cell).strip().lower() in words
    if isinstance(cell, float | np.floating):
        return bool(np.isnan(cell))
    return cell is None or type(cell).__name__ == "NAType"  # pandas'
