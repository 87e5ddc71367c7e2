"""Columns of published lists, as they stand in FITS, ECSV and CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.table import Table
from astropy.units import Quantity

from skyloom.io.errors import InputError, encoding_error, existing_file
from skyloom.io.fits import opened
from skyloom.io.rows import header, read_rows


@dataclass(frozen=True, slots=True)
class Source:
    """Columns of a file."""

    path: Path
    columns: Mapping[str, np.ndarray]  # by the file's names; of CSV, the cells' text
    units: Mapping[str, str]  # of the columns that state one
    others: Mapping[str, str]  # kinds of columns that have no value a row, by name
    rows: np.ndarray  # number of each row in the file

    def row(self, k: int) -> str:
        """Return the name of a row, counted from 0, as its reader counts."""
        return f"row {self.rows[k]}"

    def __len__(self) -> int:
        return len(self.rows)


def read_source(path: str | Path) -> Source:
    """Read all columns of a FITS, CSV (each also ``.gz``) or ECSV list.

    InputError for no file, another suffix, damage, no table, or a line with fewer or
    more cells than the header.
    """
    path = existing_file(path)
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    readers = {".fits": _fits, ".fit": _fits, ".ecsv": _ecsv}
    readers |= {".csv": _csv, ".tsv": _csv}
    if suffix not in readers:
        expected = ".fits, .fit, .csv, .tsv (also .gz) or .ecsv"
        raise InputError(path, f"unknown suffix {suffix!r}", expected=expected)
    return readers[suffix](path)


def _fits(path: Path) -> Source:
    with opened(path) as file:
        tables = [i for i, hdu in enumerate(file) if not hdu.is_image]
        if not tables:
            problem = f"HDUs {file.names} hold no table"
            raise InputError(path, problem, expected="a binary table")
        return _source(path, file.table(tables[0]))


def _ecsv(path: Path) -> Source:
    try:
        table = Table.read(path, format="ascii.ecsv")
    except UnicodeDecodeError:
        raise encoding_error(path) from None
    except Exception as bad:  # parsers of YAML, of JSON and of each type of column
        problem = f"not a readable ECSV file ({type(bad).__name__} {bad})"
        remedy = "write it with astropy, or as FITS or CSV"
        raise InputError(path, problem, remedy=remedy) from None
    return _source(path, table)


def _source(path: Path, table: Table) -> Source:
    # Vectors, and objects such as SkyCoord, are no columns of a list.
    columns, units, others = {}, {}, {}
    for name, column in table.columns.items():
        value = column.value if isinstance(column, Quantity) else column
        if not isinstance(value, np.ndarray) or value.ndim != 1:
            shape = f" of shape {np.shape(value)}" if np.ndim(value) > 1 else ""
            others[name] = type(column).__name__ + shape
            continue
        columns[name] = np.ma.asarray(value)
        if getattr(column, "unit", None):
            units[name] = str(column.unit)
    return Source(path, columns, units, others, np.arange(1, len(table) + 1))


def _csv(path: Path) -> Source:
    # Cells stay text here, so that a message can show what stands in the file.
    lines = list(read_rows(path))
    columns = {
        name: np.array([cells[name] for _, cells in lines], object)
        for name in header(path)
    }
    return Source(path, columns, {}, {}, np.array([row for row, _ in lines], np.int64))
