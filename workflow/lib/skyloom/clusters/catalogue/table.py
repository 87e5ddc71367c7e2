"""The catalogue of a simulated field: the seed's 17 columns as text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.table import Table

from skyloom.io.atomic import write_text
from skyloom.io.cells import CellError, each, number
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
        A line without 17 numbers, a value that is not finite, not whole where it should
        be, or out of its range.
    """
    path = existing_file(path)
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        raise encoding_error(path) from None
    # Comments may name the columns.
    told = {n: t for n, t in enumerate(lines, 1) if t.strip() and t[0] != "#"}
    rows = [_numbers(path, n, t) for n, t in told.items()]
    values = np.array(rows, float).reshape(-1, len(COLUMNS))
    table = Table(values, names=COLUMNS)
    low, high = np.array([LIMITS.get(k, (-np.inf, np.inf)) for k in COLUMNS]).T
    whole = np.isin(COLUMNS, WHOLE)
    bad = (values < low) | (values > high) | whole & (values != np.rint(values))
    for row, k in np.argwhere(bad):
        where, problem = f"line {list(told)[row]}", f"{COLUMNS[k]} = {values[row, k]:g}"
        kind = "whole" if whole[k] else "finite"
        expected = f"a {kind} number in [{low[k]:g}, {high[k]:g}]"
        raise InputError(path, problem, where=where, expected=expected)
    for name in WHOLE:
        table[name] = table[name].astype(int)
    return table


def _numbers(path: Path, line: int, text: str) -> list[float]:
    cells = text.split()
    if len(cells) != len(COLUMNS):
        expected = f"{len(COLUMNS)}: {' '.join(COLUMNS)}"
        where = f"line {line}"
        raise InputError(path, f"{len(cells)} values", where=where, expected=expected)
    try:
        return each(number, cells)
    except CellError as bad:
        raise bad.at(path, f"line {line}, {COLUMNS[bad.row]}") from None
