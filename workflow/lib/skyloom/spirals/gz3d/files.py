"""Reader of Galaxy Zoo: 3D's files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from skyloom.io.errors import InputError
from skyloom.io.fits import FitsFile, opened
from skyloom.io.tables import Column, checked_cell
from skyloom.spirals.gz3d.galaxy import (
    CLICKS,
    HDUS,
    MAPS,
    PATHS,
    TABLES,
    Clicks,
    Gz3d,
    Strokes,
    name_of,
)
from skyloom.spirals.gz3d.header import about, canvas_of
from skyloom.spirals.gz3d.vertices import read_clicks, read_paths


def read_gz3d(path: str | Path, *, whole: bool = False) -> Gz3d:
    """Read a file: its drawings, or the whole of it.

    Raises
    ------
    InputError
        Not such a file: HDUs, columns, world coordinates; text that is no JSON of
        vertices, with HDU and row; a classification that comes twice.
    """
    name = name_of(path)
    with opened(path, unpack=True) as file:
        if len(file) != HDUS:
            raise InputError(path, f"{len(file)} HDUs", expected=f"{HDUS}, of GZ3D")
        canvas = canvas_of(file)
        metadata = about(file, canvas)
        drawn = [_strokes(file, *place, canvas.size) for place in PATHS.values()]
        rest = _rest(file, canvas.size) if whole else {}
    return Gz3d(name, canvas, metadata, *drawn, **rest)


def _strokes(file: FitsFile, hdu: int, name: str, size: int) -> Strokes | None:
    rows = _Rows(file, hdu, name)
    if not rows.ids:
        return None
    paths = rows.read(name, partial(read_paths, size=size))
    return Strokes(rows.ids, rows.times, paths)


def _rest(file: FitsFile, size: int) -> dict:
    hdu, *names = CLICKS
    rows = _Rows(file, hdu, *names)
    reader = partial(read_clicks, size=size)
    clicks = Clicks(rows.ids, rows.times, *(rows.read(name, reader) for name in names))
    image = file.pixels(0, 3)
    _check(file, 0, f"{image.dtype} {image.shape}", f"uint8 {(size, size, 3)}")
    maps = {name: file.pixels(hdu, 2) for name, hdu in MAPS.items()}
    for name, pixels in maps.items():
        _check(file, MAPS[name], str(pixels.shape), str((size, size)))
    tables = {name: file.table(hdu) for name, hdu in TABLES.items()}
    return {"clicks": clicks, "image": image, "maps": maps, "tables": tables}


def _check(file: FitsFile, hdu: int, seen: str, expected: str) -> None:
    if seen != expected:
        raise InputError(file.path, seen, where=f"HDU {hdu}", expected=expected)


class _Rows:
    """A table of volunteers, a row each."""

    def __init__(self, file: FitsFile, hdu: int, *names: str):
        self.path, self.where = file.path, f"HDU {hdu}"
        names = ("classification_id", "time_stamp", *names)
        missing = sorted(n.upper() for n in names if not file.has_column(hdu, n))
        if missing:
            problem, expected = f"no column {', '.join(missing)}", ", ".join(names)
            raise InputError(file.path, problem, where=self.where, expected=expected)
        # GZ3D writes a table without rows where nobody was asked.
        rows = file.cards(hdu, "NAXIS2")["NAXIS2"]
        empty = dict.fromkeys(names, np.zeros(0))
        self.columns = file.columns(hdu, names) if rows else empty
        self.ids = self.read("classification_id", _whole)
        self.times = self.read("time_stamp", str)
        first: dict[int, int] = {}
        for row, one in enumerate(self.ids, 1):
            if first.setdefault(one, row) != row:
                problem = f"classification {one} already stands in row {first[one]}"
                raise InputError(file.path, problem, where=f"{self.where}, row {row}")

    def read(self, name: str, reader: Callable) -> tuple:
        """Return what a reader makes of the cells of a column."""
        found = []
        for row, value in enumerate(self.columns[name], 1):
            try:
                found.append(reader(value))
            except ValueError as bad:
                where = f"{self.where}, row {row}, column {name!r}"
                raise InputError(self.path, str(bad), where=where) from None
        return tuple(found)


def _whole(value) -> int:
    return int(checked_cell(value, Column("int", low=1)))
