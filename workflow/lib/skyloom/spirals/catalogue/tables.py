"""Tables of galaxies as people have them: the columns that are needed, whole or not."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from skyloom.io.errors import InputError, existing_file
from skyloom.io.fits import opened
from skyloom.io.parquet import parquet_columns, read_parquet
from skyloom.io.tables import CUT, header

CSV = (".csv", ".csv.gz")
EMPTY = ("", "nan", "NaN", "NA", "None", "null", "--", None, pd.NA, np.nan)
FITS = (".fits", ".fit", ".fits.gz")


def column_names(path: str | Path) -> list[str]:
    """Return the names of the columns of a Parquet, FITS or CSV table."""
    path = existing_file(path)
    if path.name.endswith(CSV):
        return header(path)
    if path.name.endswith(FITS):
        with opened(path, verify=False) as file:
            return list(file.column_names(_table_of(file)).values())
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
        Kind by name, ``"float"`` or ``"str"``; the file may spell them in another
        case.

    Returns
    -------
    DataFrame
        By the names asked for; an empty cell is NaN or an empty text.

    Raises
    ------
    InputError
        Not a table, a missing column, two that differ by case only, no rows, or
        text in place of a number (with its row).
    """
    kinds = {**required, **optional}
    spelt: dict[str, list[str]] = {}
    for name in column_names(path):
        spelt.setdefault(name.lower(), []).append(name)
    missing = [name for name in required if name.lower() not in spelt]
    if missing:
        seen = ", ".join(list(spelt)[:20])
        problem = f"no column {', '.join(missing)}"
        raise InputError(path, problem, expected=f"it among {seen}")
    wanted = {name: spelt[name.lower()] for name in kinds if name.lower() in spelt}
    for names in wanted.values():
        if len(names) > 1:
            remedy = "keep one of them"
            raise InputError(path, f"columns {', '.join(names)}", remedy=remedy)
    found = _read(Path(path), {names[0]: kinds[k] for k, names in wanted.items()})
    if not len(found):
        raise InputError(path, "no rows", expected="one or more")
    made = {
        name: _values(path, names[0], found[names[0]], kinds[name])
        for name, names in wanted.items()
    }
    return pd.DataFrame(made)


def place(path: str | Path, row: int, column: str) -> str:
    """Return the place of a cell, as a spreadsheet counts rows in CSV."""
    number = row + 2 if Path(path).name.endswith(CSV) else row + 1
    return f"row {number}, column {column!r}"


def refuse(path, bad, column: str, values, expected: str, remedy: str = "") -> None:
    """Raise InputError at the first row that is bad, if there is one."""
    rows = np.flatnonzero(bad)
    if len(rows):
        where, value = place(path, rows[0], column), values[rows[0]]
        problem = f"got {value.item() if isinstance(value, np.generic) else value!r}"
        more = f" (and {len(rows) - 1} more rows)" if len(rows) > 1 else ""
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


def _read(path: Path, columns: Mapping[str, str]) -> Mapping:
    if path.name.endswith(CSV):
        return _csv(path, list(columns))
    if path.name.endswith(FITS):
        with opened(path, verify=False) as file:
            return pd.DataFrame(file.columns(_table_of(file), list(columns)))
    return read_parquet(path, list(columns), exact=True)


def _csv(path: Path, columns: list[str]) -> pd.DataFrame:
    """Return columns as text, of tables too large to be kept whole in memory."""
    header(path)  # names a column that is there twice, and another encoding
    how = csv.ReadOptions(use_threads=False)
    layout = csv.ParseOptions(newlines_in_values=True)
    kept = csv.ConvertOptions(
        include_columns=columns, column_types=dict.fromkeys(columns, pa.string())
    )
    try:
        table = csv.read_csv(path, how, layout, kept)
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            quotes = sum(line.count(b'"') for line in file)
    except (pa.ArrowException, OSError, EOFError) as bad:
        raise InputError(path, str(bad), remedy=CUT) from None
    if quotes % 2:  # rows after it would be a part of the cell
        raise InputError(path, "a quote is left open", remedy=CUT)
    return table.to_pandas()


def _values(path, name: str, values: pd.Series, kind: str) -> np.ndarray:
    if kind == "float":
        if values.dtype.kind in "iufb":
            return values.to_numpy(np.float64)
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
        bad = np.isnan(numbers) & ~values.isin(EMPTY).to_numpy()
        refuse(path, bad, name, values.to_numpy(), "a number")
        return numbers
    texts = [_text(value) for value in values.tolist()]
    return np.array(texts, dtype=object)


def _text(value) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if pd.isna(value):
        return ""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value).strip()
