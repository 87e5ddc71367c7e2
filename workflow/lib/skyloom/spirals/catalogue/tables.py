"""Tables of galaxies as people have them: the columns that are needed, whole or not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from skyloom.io import rows
from skyloom.io.cells import CellError, numbers, one_a_row
from skyloom.io.errors import InputError, existing_file
from skyloom.io.fits import opened
from skyloom.io.identifiers import names as names_of
from skyloom.io.packed import gzipped
from skyloom.io.parquet import parquet_columns, read_parquet

FITS = (".fits", ".fit", ".fits.gz", ".fit.gz")


def column_names(path: str | Path) -> list[str]:
    """Return the names of the columns of a Parquet, FITS or CSV table."""
    path = existing_file(path)
    if rows.is_text(path):
        return rows.header(path)
    if path.name.lower().endswith(FITS):
        with opened(path, verify=False) as file:
            return file.column_names(_table_of(file))
    if path.suffix == ".parquet":
        return parquet_columns(path)
    expected = "a name that ends in .parquet, .fits or .csv"
    raise InputError(path, f"a table of kind {path.suffix!r}", expected=expected)


def read_columns(
    path: str | Path, required: Mapping[str, str], optional: Mapping[str, str] = {}
) -> pd.DataFrame:
    """Read columns of a Parquet, FITS or CSV table, and no others.

    Parameters
    ----------
    path : str or Path
        The file.
    required, optional : mapping of str to str
        Kind by name, ``"float"`` or ``"str"``, of which identifiers are; the file may
        spell them in another case.

    Returns
    -------
    DataFrame
        By the names asked for; an empty cell is NaN or an empty text.

    Raises
    ------
    InputError
        Not a table, a missing column, two that differ by case only, no rows, text in
        place of a number, or an identifier that has been rounded (with its row).
    """
    kinds = {**required, **optional}
    present = column_names(path)
    own = dict(zip(rows.spelt(path, present, kinds), present, strict=True))
    missing = [name for name in required if name not in own]
    if missing:
        seen = ", ".join(present[:20])
        problem = f"no column {', '.join(missing)}"
        raise InputError(path, problem, expected=f"it among {seen}")
    wanted = {name: own[name] for name in kinds if name in own}
    found = _read(Path(path), list(wanted.values()))
    if not len(next(iter(dict(found).values()))):
        raise InputError(path, "no rows", expected="one or more")
    made = {}
    for name, there in wanted.items():
        try:
            made[name] = _values(found[there], kinds[name])
        except CellError as bad:
            raise bad.at(path, place(path, bad.row, there)) from None
    return pd.DataFrame(made)


def place(path: str | Path, row: int, column: str) -> str:
    """Return the place of a cell, as a spreadsheet counts rows in CSV."""
    return f"{rows.row_of(path, row)}, column {column!r}"


def refuse(path, bad, column: str, values, expected: str, remedy: str = "") -> None:
    """Raise InputError at the first row that is bad, if there is one."""
    found = np.flatnonzero(bad)
    if len(found):
        where, value = place(path, found[0], column), values[found[0]]
        problem = f"got {value.item() if isinstance(value, np.generic) else value!r}"
        more = f" (and {len(found) - 1} more rows)" if len(found) > 1 else ""
        raise InputError(
            path, problem + more, where=where, expected=expected, remedy=remedy
        )


def unique(path: str | Path, table: pd.DataFrame, column: str) -> None:
    """Refuse names that are empty or stand twice."""
    names = table[column].to_numpy()
    refuse(path, names == "", column, names, "a name")
    again = np.flatnonzero(table[column].duplicated())
    if len(again):
        row = again[0]
        first = place(path, int(np.argmax(names == names[row])), column)
        problem = f"{names[row]!r} stands in {first} already"
        where, remedy = place(path, row, column), "keep one row a galaxy"
        raise InputError(path, problem, where=where, remedy=remedy)


def positions(path: str | Path, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with right ascensions from 0 to 360; refuse places that are none.

    Raises
    ------
    InputError
        With the row of a position that is missing or off the sky.
    """
    ra, dec = table["ra"].to_numpy(), table["dec"].to_numpy()
    remedy = "positions are in degrees; leave out galaxies without"
    bad = ~(np.abs(ra) <= 360)
    refuse(path, bad, "ra", ra, "degrees, 0 to 360", remedy)
    refuse(path, ~(np.abs(dec) <= 90), "dec", dec, "degrees, -90 to 90", remedy)
    return table.assign(ra=ra % 360.0)


def _table_of(file) -> int:
    """Return the number of the first table."""
    for number, hdu in enumerate(file):
        if not hdu.is_image:
            return number
    raise InputError(file.path, "no table", expected="a table HDU")


def _read(path: Path, columns: list[str]) -> Mapping:
    if rows.is_text(path):
        return _csv(path, columns)
    if path.name.lower().endswith(FITS):
        with opened(path, verify=False) as file:
            return file.columns(_table_of(file), columns)
    return read_parquet(path, columns, exact=True)


def _csv(path: Path, columns: list[str]) -> Mapping:
    """Return columns as text, of tables too large to be kept whole in memory.

    What Arrow, which is fast, does not read goes to the house's reader, which passes
    over rows without content, and names the row and what is wrong with it.
    """
    about = rows.layout(path)
    raw = dict(zip(about.raw, about.names, strict=True))
    try:
        table = _by_arrow(
            path, [k for k, name in raw.items() if name in columns], about
        )
    except (pa.ArrowException, OSError, EOFError):
        table = None
    if table is None or _some_row_is_blank(table):
        cells = [cells for _, cells in rows.read_rows(path)]
        return {
            name: np.array([row[name] for row in cells], object) for name in columns
        }
    return {raw[name]: table[name].to_numpy() for name in raw if name in table}


def _by_arrow(path: Path, raw: list[str], about: rows.Layout) -> pd.DataFrame | None:
    """Return columns by the names in the file; None where a quote is left open."""
    packed = "gzip" if gzipped(path) else None
    how = csv.ReadOptions(use_threads=False)
    layout = csv.ParseOptions(delimiter=about.delimiter, newlines_in_values=True)
    kept = csv.ConvertOptions(
        include_columns=raw, column_types=dict.fromkeys(raw, pa.string())
    )
    with pa.input_stream(path, compression=packed) as file:
        table = csv.read_csv(file, how, layout, kept)
    with pa.input_stream(path, compression=packed) as file:
        quotes = sum(part.count(b'"') for part in iter(lambda: file.read(2**20), b""))
    return None if quotes % 2 else table.to_pandas()


def _some_row_is_blank(table: pd.DataFrame) -> bool:
    """Return whether there is a row without content in the columns of text."""
    left = table
    for name in table:
        left = left[left[name].str.strip().eq("")]
    return not left.empty


def _values(values, kind: str) -> np.ndarray:
    values = one_a_row(values)
    if kind == "str":
        return names_of(values)
    return values.astype(np.float64) if values.dtype.kind == "b" else numbers(values)
