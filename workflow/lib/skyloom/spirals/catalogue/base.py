"""Lists of galaxies that GZ3D's are matched with: Galaxy Zoo DESI's, and SAMI's."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from skyloom.io.errors import InputError
from skyloom.spirals.catalogue.tables import (
    column_names,
    place,
    positions,
    read_columns,
    refuse,
)

PLACE = {"ra": "float", "dec": "float"}
BASE = {"dr8_id": "str", **PLACE, "est_dr5_pixscale": "float"}
SAMI = ("name", "catid", "cataid")  # columns with a target's name, the first found


def read_base(path: str | Path) -> pd.DataFrame:
    """Read Galaxy Zoo DESI's galaxies: dr8_id, ra, dec, est_dr5_pixscale [, redshift].

    A missing pixel scale or redshift is NaN.

    Raises
    ------
    InputError
        As of `tables.read_columns`, and: a position, pixel scale or redshift that
        is none, an identifier that is empty or stands twice.
    """
    table = positions(path, read_columns(path, BASE, {"redshift": "float"}))
    _unique(path, table, "dr8_id")
    scale = table["est_dr5_pixscale"].to_numpy()
    bad = (scale <= 0) | (scale > 60)
    refuse(path, bad, "est_dr5_pixscale", scale, "arcsec/px, above 0, 60 at most")
    if "redshift" in table:
        z = table["redshift"].to_numpy()
        # Catalogues write -99 and the like where there is none.
        table["redshift"] = table["redshift"].where((z > 0) & (z < 10))
    else:
        table["redshift"] = float("nan")
    return table


def read_sami(path: str | Path) -> pd.DataFrame:
    """Read SAMI's targets: name (or CATID), ra, dec [, redshift].

    Raises
    ------
    InputError
        As `read_base`.
    """
    names = {name.lower() for name in column_names(path)}
    key = next((name for name in SAMI if name in names), None)
    if key is None:
        expected = f"one of {', '.join(SAMI)}"
        raise InputError(path, "no column with names", expected=expected)
    table = read_columns(path, {key: "str", **PLACE}, {"redshift": "float"})
    table = positions(path, table.rename(columns={key: "name"}))
    _unique(path, table, "name")
    return table


def _unique(path, table: pd.DataFrame, column: str) -> None:
    names = table[column]
    refuse(path, (names == "").to_numpy(), column, names.to_numpy(), "a name")
    again = names.duplicated().to_numpy()
    if again.any():
        row = int(again.argmax())
        first = int((names == names[row]).to_numpy().argmax())
        problem = f"{names[row]!r} stands in {place(path, first, column)} already"
        where = place(path, row, column)
        remedy = "keep one row a galaxy"
        raise InputError(path, problem, where=where, remedy=remedy)
