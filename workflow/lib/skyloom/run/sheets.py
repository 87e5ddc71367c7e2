"""Sample sheets: one checked dict a row, problems named with their row numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from skyloom.io.cells import CellError, number
from skyloom.io.errors import InputError
from skyloom.io.identifiers import integer
from skyloom.io.rows import header, read_rows
from skyloom.run.config import message

# Numbers are read as those of any table: pydantic would take 1_000 for one.
READERS = {"integer": integer, "number": number}


class _Kind(NamedTuple):
    """What a column must hold, how a cell is read, and what it means."""

    adapter: TypeAdapter
    read: Callable
    meaning: str


def read_sheet(
    path: str | Path, columns: Mapping[str, object], unique: str | None = None
) -> list[dict]:
    """Read a sample sheet, one dict of the named columns a row.

    Parameters
    ----------
    path : str or Path
        A text table of `skyloom.io.rows`: CSV, or with tabs; UTF-8.
    columns : mapping of str to type
        The columns that are read, all of which each row must fill, and their types as
        pydantic has them. Other columns are left out.
    unique : str, optional
        The column in which no two rows may agree.

    Raises
    ------
    InputError
        Naming the row (the header is row 1), the column, the value and what was
        expected, for up to ten problems at once; or that there is no row, or no such
        column.
    """
    present = header(path, columns)
    missing = [name for name in columns if name not in present]
    if missing:
        problem = f"no column {', '.join(missing)}"
        expected = f"it among {', '.join(present)}"
        raise InputError(path, problem, where="the header", expected=expected)
    kinds = {name: _kind(kind) for name, kind in columns.items()}
    rows, problems, first = [], [], {}
    for row, cells in read_rows(path, columns):
        made, wrong = _typed(cells, kinds)
        rows.append(made)
        problems += [f"row {row}: {problem}" for problem in wrong]
        name = made.get(unique)
        if name is not None and first.setdefault(name, row) != row:
            where = f"row {first[name]}"
            problems.append(f"row {row}: {unique} {name!r} stands in {where} too")
    if problems:
        raise InputError(path, message("this sheet", problems))
    if not rows:
        raise InputError(path, "no rows", expected="a header and a row or more")
    return rows


def _kind(kind: object) -> _Kind:
    adapter = TypeAdapter(kind)
    tree = adapter.json_schema()
    read = READERS.get(tree.get("type"), str)
    return _Kind(adapter, read, tree.get("description", ""))


def _typed(
    cells: Mapping[str, str], kinds: Mapping[str, _Kind]
) -> tuple[dict, list[str]]:
    """Return the values of a row, and a line for each that is not what it should be."""
    row, problems = {}, []
    for name, kind in kinds.items():
        cell = cells[name].strip()
        try:
            row[name] = kind.adapter.validate_python(kind.read(cell) if cell else None)
        except CellError as bad:
            problems.append(f"{name}: {bad}" + _meaning(kind))
        except ValidationError as error:
            wanted = error.errors()[0]["msg"].replace("Input should be", "expected")
            said = f"got {cell!r}, {wanted}" if cell else "missing; fill the cell"
            problems.append(f"{name}: {said}" + _meaning(kind))
    return row, problems


def _meaning(kind: _Kind) -> str:
    return f" ({kind.meaning})" if kind.meaning else ""
