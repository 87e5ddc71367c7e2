"""The table of a run's galaxies: where they are, what volunteers said, which part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.parquet import write_parquet
from skyloom.learn.splits import split
from skyloom.sky.footprint import SPHERE, pixel_of
from skyloom.spirals.catalogue.tables import read_columns, refuse, unique
from skyloom.spirals.questions import columns

PARTS = ("train", "validate", "test")
NUMBERS = ("ra", "dec", "pixscale", "redshift")  # NaN where they are not known
ASKED = ("spiral_asked", "bar_asked")


def parted(
    table: pd.DataFrame,
    shares: Mapping[str, float],
    cell: float,
    seed: int,
    alike: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return the table sorted by name, with the ``part`` of each galaxy.

    Galaxies of one cell of the sky are in one part.

    Parameters
    ----------
    table : DataFrame
        With ``name``, ``ra`` and ``dec`` [deg].
    shares : mapping of str to float
        Of the cells, ``validate`` and ``test``; the others train.
    cell : float
        Side of a cell [deg], the nearest that HEALPix has.
    seed : int
        Of the hash by which cells are dealt.
    alike : mapping of str to str, optional
        By name, for galaxies without a position: the same value is the same galaxy,
        such as the checksum of its picture. Without, each is a cell of its own.
    """
    table = table.sort_values("name", ignore_index=True)
    where = cells(table, cell, alike or {})
    dealt = split(set(where), shares, seed)
    of = {cell: part for part, members in dealt.items() for cell in members}
    return table.assign(part=[of[cell] for cell in where])


def cells(table: pd.DataFrame, side: float, alike: Mapping[str, str]) -> list[str]:
    """Return the name of each galaxy's cell of the sky."""
    nside = 2 ** max(round(np.log2(np.sqrt(SPHERE / 12) / side)), 0)
    found = [f"galaxy {alike.get(name, name)}" for name in table["name"]]
    known = np.flatnonzero(table["ra"].notna() & table["dec"].notna())
    ra, dec = (table[name].to_numpy()[known] for name in ("ra", "dec"))
    for row, pixel in zip(known, pixel_of(nside, ra, dec), strict=True):
        found[row] = f"cell {nside} {pixel}"
    return found


def write_galaxies(path: str | Path, table: pd.DataFrame, provenance: Mapping) -> None:
    """Write the table as Parquet, sorted by name."""
    write_parquet(path, table.sort_values("name", ignore_index=True), provenance)


def read_galaxies(path: str | Path) -> pd.DataFrame:
    """Read the table.

    Columns ``name``, ``ra``, ``dec`` [deg], ``pixscale`` [arcsec/px of a picture of 424
    px], ``redshift``, ``marks``, ``spiral_asked``, ``bar_asked``, votes, ``source`` and
    ``part``.

    Raises
    ------
    InputError
        A column or row that is not so.
    """
    kinds = {"name": "str", **dict.fromkeys([*NUMBERS, "marks", *ASKED], "float")}
    kinds |= dict.fromkeys(columns(), "float") | {"part": "str"}
    table = read_columns(path, kinds, {"source": "str"})
    for name in (*ASKED, *columns()):
        values = table[name].to_numpy()
        bad = ~(values >= 0) | (values != np.floor(values))
        refuse(path, bad, name, values, "a whole number, 0 or more")
        table[name] = values.astype(np.int64 if name in ASKED else np.int32)
    parts = table["part"].to_numpy()
    bad = ~np.isin(parts.astype(str), PARTS)
    refuse(path, bad, "part", parts, f"one of {', '.join(PARTS)}")
    unique(path, table, "name")
    table["marks"] = table["marks"].to_numpy() != 0
    return table
