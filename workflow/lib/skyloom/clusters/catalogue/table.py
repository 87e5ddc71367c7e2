"""The catalogue of a simulated field: the seed's 17 columns as text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.table import Table

from skyloom.io.atomic import write_text
from skyloom.io.errors import InputError, encoding_error, existing_file

COLUMNS = (
    *("RA", "DEC", "X", "Y", "MEM", "FLUX_G", "FLUX_R", "FLUX_I", "FLUX_Z", "HLR"),
    *("FRACDEV", "G1", "G2", "Z", "SOURCE_TYPE", "GI_COLOR", "IZ_COLOR"),
)
FLUXES = ("FLUX_G", "FLUX_R", "FLUX_I", "FLUX_Z")
WHOLE = ("MEM", "SOURCE_TYPE")
FORMATS = {"RA": "%.8f", "DEC": "%.8f", "X": "%.4f", "Y": "%.4f"}
# Allowed range of a column, ends included.
LIMITS = {
    "RA": (0.0, 360.0),
    "DEC": (-90.0, 90.0),
    "MEM": (0, 1),
    **dict.fromkeys(FLUXES, (0.0, np.inf)),
    "HLR": (0.0, np.inf),
    "FRACDEV": (0.0, 1.0),
    "SOURCE_TYPE": (0, 1),
}


def write_catalogue(path: str | Path, table: Table) -> None:
    """Write a field's sources, one a line, without a header as the seed has it."""
    styles = ["%d" if name in WHOLE else FORMATS.get(name, "%.7g") for name in COLUMNS]
    style = " ".join(styles)
    values = zip(*(table[name].tolist() for name in COLUMNS), strict=True)
    write_text(path, "\n".join(style % row for row in values) + "\n")


def read_catalogue(path: str | Path) -> Table:
    """Read a field's sources, of which there may be none.

    Raises
    ------
    InputError
        A line without 17 numbers, a value that is not finite or out of its range.
    """
    path = existing_file(path)
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError:
        raise encoding_error(path) from None
    # Comments may name the columns.
    told = {n: t for n, t in enumerate(lines, 1) if t.strip() and t[0] != "#"}
    rows = [_numbers(path, number, line) for number, line in told.items()]
    values = np.array(rows, float).reshape(-1, len(COLUMNS))
    table = Table(values, names=COLUMNS)
    low, high = np.array([LIMITS.get(k, (-np.inf, np.inf)) for k in COLUMNS]).T
    bad = ~np.isfinite(values) | (values < low) | (values > high)
    for row, k in np.argwhere(bad):
        where, problem = f"line {list(told)[row]}", f"{COLUMNS[k]} = {values[row, k]:g}"
        expected = f"a finite number in [{low[k]:g}, {high[k]:g}]"
        raise InputError(path, problem, where=where, expected=expected)
    for name in WHOLE:
        table[name] = table[name].astype(int)
    return table


def _numbers(path: Path, number: int, line: str) -> list[float]:
    cells = line.split()
    if len(cells) != len(COLUMNS):
        expected = f"{len(COLUMNS)}: {' '.join(COLUMNS)}"
        where = f"line {number}"
        raise InputError(path, f"{len(cells)} values", where=where, expected=expected)
    return [
        _number(path, f"line {number}, {name}", cell)
        for name, cell in zip(COLUMNS, cells, strict=True)
    ]


def _number(path: Path, where: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        problem = f"{cell!r} is not a number"
        raise InputError(path, problem, where=where, expected="a number") from None
