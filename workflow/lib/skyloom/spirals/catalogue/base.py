"""Lists of galaxies that GZ3D's are matched with: Galaxy Zoo DESI's, and SAMI's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.spirals.catalogue.tables import (
    column_names,
    positions,
    read_columns,
    refuse,
    unique,
)

PLACE = {"ra": "float", "dec": "float"}
BASE = {"dr8_id": "str", **PLACE, "est_dr5_pixscale": "float"}
# Columns of SAMI's lists of targets, of which the first that is found is taken.
SAMI = {
    "name": ("name", "catid", "cataid"),
    "ra": ("ra", "ra_obj"),
    "dec": ("dec", "dec_obj"),
}
REDSHIFT = ("redshift", "z_spec")


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
    unique(path, table, "dr8_id")
    scale = table["est_dr5_pixscale"].to_numpy()
    bad = (scale <= 0) | (scale > 60)
    refuse(path, bad, "est_dr5_pixscale", scale, "arcsec/px, above 0, 60 at most")
    return with_redshift(table)


def read_sami(path: str | Path) -> pd.DataFrame:
    """Read SAMI's targets: name, ra, dec, redshift, or as its own lists call them.

    Raises
    ------
    InputError
        As `read_base`.
    """
    names = {name.lower() for name in column_names(path)}
    spelt = {}
    for wanted, known in {**SAMI, "redshift": REDSHIFT}.items():
        spelt[wanted] = next((name for name in known if name in names), known[0])
    required = {spelt[name]: "str" if name == "name" else "float" for name in SAMI}
    table = read_columns(path, required, {spelt["redshift"]: "float"})
    table = table.rename(columns={own: name for name, own in spelt.items()})
    table = positions(path, table)
    unique(path, table, "name")
    return with_redshift(table)


def with_redshift(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with redshifts, NaN where there is none.

    Catalogues write -99 and the like there.
    """
    z = table.get("redshift", pd.Series(np.nan, table.index))
    return table.assign(redshift=z.where((z > 0) & (z < 10)))
