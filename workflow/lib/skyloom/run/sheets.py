"""Sample sheets: one checked dict a row, problems named with their row numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from skyloom.io.errors import InputError
from skyloom.run.config import message


def read_sheet(
    path: str | Path, columns: Mapping[str, object], unique: str | None = None
) -> list[dict]:
    """Read a sample sheet, one dict of the named columns a row.

    Parameters
    ----------
    path : str or Path
        A CSV file with a header, or a TSV file by its suffix; UTF-8.
    columns : mapping of str to type
        The columns that are read, all of which each row must fill, and their types as
        pydantic has them. Other columns are left out.
    unique : str, optional
        The column in which no two rows may agree.

    Raises
    ------
    InputError
        Naming the row (1 is the first after the header), the column, the value and
        what was expected, for up to ten problems at once; or that there is no row, or
        no such column.
    """
    adapters = {name: TypeAdapter(kind) for name, kind in columns.items()}
    rows, problems, first = [], [], {}
    for number, cells in enumerate(_rows(path, columns), start=1):
        row, wrong = _typed(cells, adapters)
        rows.append(row)
        problems += [f"row {number}: {problem}" for problem in wrong]
        name = row.get(unique)
        if name is not None and first.setdefault(name, number) != number:
            where = f"row {first[name]}"
            problems.append(f"row {number}: {unique} {name!r} stands in {where} too")
    if problems:
        raise InputError(path, message("this sheet", problems))
    if not rows:
        raise InputError(path, "no rows", expected="a header and a row or more")
    return rows


def _rows(path: str | Path, columns: Iterable[str]) -> Iterator[dict]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is not UTF-8"
        raise InputError(path, problem, remedy="save the sheet as UTF-8") from None
    except OSError as error:
        remedy = "check the path in the configuration"
        raise InputError(path, error.strerror, remedy=remedy) from None
    tabs = Path(path).suffix == ".tsv"
    reader = csv.DictReader(text.splitlines(), delimiter="\t" if tabs else ",")
    present = reader.fieldnames or []
    missing = [name for name in columns if name not in present]
    if present and missing:
        problem = f"no column {', '.join(missing)}"
        expected = f"it among {', '.join(present)}"
        raise InputError(path, problem, where="the header", expected=expected)
    for number, row in enumerate(reader, start=1):
        if None in row or None in row.values():
            where, wanted = f"row {number}", f"{len(present)} cells"
            raise InputError(path, "wrong length", where=where, expected=wanted)
        yield row


def _typed(
    cells: Mapping[str, str], adapters: Mapping[str, TypeAdapter]
) -> tuple[dict, list[str]]:
    """Return the values of a row, and a line for each that is not what it should be."""
    row, problems = {}, []
    for name, adapter in adapters.items():
        cell = cells[name].strip()
        meaning = adapter.json_schema().get("description", "")
        try:
            row[name] = adapter.validate_python(cell or None)
        except ValidationError as error:
            wanted = error.errors()[0]["msg"].replace("Input should be", "expected")
            said = f"got {cell!r}, {wanted}" if cell else "missing; fill the cell"
            problems.append(f"{name}: {said}" + (f" ({meaning})" if meaning else ""))
    return row, problems
