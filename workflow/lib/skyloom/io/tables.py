"""Tables: CSV with a schema and row numbers, and catalogues.

Rows are numbered as a spreadsheet shows them: the header is row 1.
"""

from __future__ import annotations

import csv
import gzip
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import Table

from skyloom.io.atomic import replacing, write_text
from skyloom.io.errors import InputError, encoding_error, existing_file
from skyloom.io.fits import fill, write_hdus
from skyloom.io.record import cards

CUT = "the file may be cut short: export it again"
TRUTHS = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Column:
    """What a CSV column must hold.

    Attributes
    ----------
    kind : str
        ``"int"``, ``"float"``, ``"str"`` or ``"bool"``.
    required : bool
        Whether the column must exist.
    empty : bool
        Whether a cell may be empty; it becomes NaN, None or <NA>.
    unique : bool
        Whether a value may stand in one row only.
    low, high : float or None
        Inclusive limits of a number.
    """

    kind: str = "str"
    required: bool = True
    empty: bool = False
    unique: bool = False
    low: float | None = None
    high: float | None = None


def read_rows(path: str | Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number (the header is row 1) and the cells, by column, of each row.

    For tables too large for memory; cells are text, exactly as written. The file may
    be gzipped; blank lines are passed over.

    Raises
    ------
    InputError
        No file, empty, not UTF-8 (with the byte's place), a quote left open by a
        cut, a column named twice, or a row with more or fewer cells than the header.
    """
    path = existing_file(path)
    with _text(path) as file, _huge_fields():
        yield from _rows(path, csv.reader(file, strict=True))


def read_csv(path: str | Path, columns: Mapping[str, Column | str]) -> pd.DataFrame:
    """Read and validate the named columns of a CSV file that exist, in their order.

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
    rows = list(read_rows(path))
    present = header(path)
    for name, column in schema.items():
        if column.required and name not in present:
            expected = f"it among {', '.join(present)}"
            raise InputError(path, "missing column", where=name, expected=expected)
    kept = {k: c for k, c in schema.items() if k in present}
    return pd.DataFrame({k: _column(path, rows, k, c) for k, c in kept.items()})


def header(path: str | Path) -> list[str]:
    """Return the column names of a CSV file."""
    path = existing_file(path)
    with _text(path) as file:
        return _header(path, csv.reader(file, strict=True))


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """Open a CSV file, gzipped (``.gz``) or not."""
    packed = path.suffix == ".gz"
    opener = gzip.open if packed else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError:
        if packed:
            raise InputError(path, "the text is not UTF-8") from None
        raise encoding_error(path) from None
    except (OSError, EOFError, zlib.error) as bad:
        problem = f"not a readable CSV file ({bad})"
        raise InputError(path, problem, remedy="fetch or make it again") from None


def write_csv(path: str | Path, table: pd.DataFrame) -> None:
    """Write a CSV file, whole or not at all; floats keep all their digits."""
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def write_catalogue(
    path: str | Path, table: Table, header: Mapping | None = None
) -> None:
    """Write a catalogue as ``.fits`` or ``.ecsv``, by the path's suffix.

    Units, descriptions and the column meta entry ``ucd`` are kept: in FITS as
    TUNITn, TCOMMn and TUCDn. ``table.meta["provenance"]`` is kept whole in ECSV, and as
    `record.cards` of the primary header in FITS, which keeps no other entry of
    ``table.meta``; `header` has further cards.
    """
    path = Path(path)
    if path.suffix == ".fits":
        primary = fits.PrimaryHDU()
        if "provenance" in table.meta:
            fill(primary.header, cards(table.meta["provenance"]))
        fill(primary.header, header or {})
        write_hdus(path, [primary, _catalogue_hdu(table)])
    elif path.suffix == ".ecsv":
        with replacing(path) as temporary:
            table.write(temporary, format="ascii.ecsv")
    else:
        msg = f"{path}: a catalogue ends in .fits or .ecsv"
        raise ValueError(msg)


def _catalogue_hdu(table: Table) -> fits.BinTableHDU:
    bare = table.copy()
    bare.meta = {}
    hdu = fits.table_to_hdu(bare)
    for i, name in enumerate(table.colnames, start=1):
        info = table[name].info
        if info.description:
            hdu.header[f"TCOMM{i}"] = info.description
        if (info.meta or {}).get("ucd"):
            hdu.header[f"TUCD{i}"] = info.meta["ucd"]
    hdu.name = "CATALOGUE"
    return hdu


@contextmanager
def _huge_fields():
    # The csv module refuses cells above 128 KiB; a classification can be larger.
    # The limit is global to the process, so it is put back.
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _header(path: Path, reader) -> list[str]:
    try:
        names = next(reader, [])
    except csv.Error as bad:
        raise InputError(path, str(bad), where="row 1") from None
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(path, "column appears twice", where=f"row 1, {twice[0]!r}")
    if not names:
        raise InputError(path, "no header", where="row 1", expected="column names")
    return names


def _rows(path: Path, reader) -> Iterator[tuple[int, dict[str, str]]]:
    names = _header(path, reader)
    row = 1
    try:
        for row, cells in enumerate(reader, start=2):
            if not cells:
                continue
            if len(cells) != len(names):
                problem = f"row {row}: {len(cells)} cell(s)"
                expected = f"{len(names)}, as in the header"
                raise InputError(path, problem, expected=expected, remedy=CUT)
            yield row, dict(zip(names, cells, strict=True))
    except csv.Error as bad:
        where = f"row {row + 1}"
        raise InputError(path, str(bad), where=where, remedy=CUT) from None


def _integer(text: str) -> int:
    value = float(text)
    if not value.is_integer():
        raise ValueError(text)
    # An identifier of 18 digits does not survive the way through a float.
    return int(text) if text.strip().lstrip("+-").isdigit() else int(value)


def _finite(text: str) -> float:
    value = float(text)
    if not np.isfinite(value):
        raise ValueError(text)
    return value


# By kind: what reads a cell, and the column's type without and with empty cells.
KINDS = {
    "int": (_integer, "int64", "Int64"),
    "float": (_finite, "float64", "float64"),
    "str": (str, object, object),
    "bool": (lambda text: TRUTHS[text.strip().lower()], bool, "boolean"),
}


def _column(path, rows, name: str, column: Column) -> pd.Series:
    values = [_cell(path, row, name, cells[name], column) for row, cells in rows]
    if column.unique:
        _refuse_repeats(path, rows, name, values)
    return pd.Series(values, dtype=KINDS[column.kind][2 if None in values else 1])


def _cell(path, row: int, name: str, text: str, column: Column):
    where = f"row {row}, column {name!r}"
    if not text.strip() or (column.kind == "float" and text.lower() == "nan"):
        if column.empty:
            return None
        raise InputError(path, "empty cell", where=where, expected=column.kind)
    try:
        value = KINDS[column.kind][0](text)
    except (ValueError, KeyError, OverflowError):
        problem = f"got {text[:40]!r}"
        raise InputError(path, problem, where=where, expected=column.kind) from None
    low, high = column.low, column.high
    if (low is not None and value < low) or (high is not None and value > high):
        expected = f"{low} to {high}"
        raise InputError(path, f"got {value}", where=where, expected=expected)
    return value


def _refuse_repeats(path, rows, name: str, values: list) -> None:
    seen: dict = {}
    for (row, _), value in zip(rows, values, strict=True):
        if value is not None and value in seen:
            where = f"row {row}, column {name!r}"
            problem = f"{value} already stands in row {seen[value]}"
            raise InputError(path, problem, where=where, expected="unique values")
        seen[value] = row
