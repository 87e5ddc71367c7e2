"""Sample sheets: one validated dict a row, problems named with their row numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from skyloom.io.errors import InputError
from skyloom.run.config import message
from skyloom.run.schema import filled, load_schema, problems_of


def read_sheet(path: str | Path, schema: str | Path | Mapping) -> list[dict]:
    """Read a sample sheet, one validated dict a row.

    Parameters
    ----------
    path : str or Path
        A CSV file with a header, or a TSV file by its suffix; UTF-8.
    schema : str, Path or mapping
        The schema of one row, or its file. Cells become integer, number or boolean
        as it says; an empty cell is an absent key.

    Returns
    -------
    list of dict
        The rows in their order, defaults filled in.

    Raises
    ------
    InputError
        Naming the row (1 is the first after the header), the column, the value and
        what was expected, for up to ten problems at once.
    """
    rules = schema if isinstance(schema, Mapping) else load_schema(schema)
    rows = [
        filled(_typed(row, rules.get("properties", {})), rules) for row in _rows(path)
    ]
    problems = [
        f"row {number}: {problem}"
        for number, row in enumerate(rows, start=1)
        for problem in problems_of(row, rules)
    ]
    problems += _repeats(rows, rules.get("unique", []))
    if problems:
        raise InputError(path, message("this sheet", problems))
    return rows


def _rows(path: str | Path) -> Iterator[dict]:
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
    for number, row in enumerate(reader, start=1):
        if None in row or None in row.values():
            where, wanted = f"row {number}", f"{len(reader.fieldnames)} cells"
            raise InputError(path, "wrong length", where=where, expected=wanted)
        yield row


def _typed(row: dict[str, str], properties: Mapping) -> dict:
    """Turn cells into the types that the schema names, where they can be."""
    cells = {key: cell.strip() for key, cell in row.items() if cell.strip()}
    return {
        key: _value(cell, properties.get(key, {}).get("type"))
        for key, cell in cells.items()
    }


def _value(cell: str, kind: str | None) -> object:
    readers = {"integer": int, "number": float, "boolean": _truth}
    try:
        return readers.get(kind, str)(cell)
    except ValueError:
        return cell


def _truth(cell: str) -> bool:
    words = {"true": True, "yes": True, "1": True}
    words |= {"false": False, "no": False, "0": False}
    if cell.lower() not in words:
        raise ValueError(cell)
    return words[cell.lower()]


def _repeats(rows: list[dict], keys: list[str]) -> list[str]:
    first: dict[tuple, int] = {}
    problems = []
    for number, row in enumerate(rows, start=1):
        name = tuple(row.get(key) for key in keys)
        if keys and first.setdefault(name, number) != number:
            what = ", ".join(f"{k} {v!r}" for k, v in zip(keys, name, strict=True))
            problems.append(f"row {number}: {what} stands in row {first[name]} already")
    return problems
