"""The catalogue of arms, bars and votes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from astropy.table import Table

from skyloom.spirals.measure.record import Column, columns
from skyloom.spirals.questions import questions

KNOWN = (
    Column("name", None, str, "galaxy"),
    Column("ra", "deg", float, "right ascension of the map's middle, ICRS"),
    Column("dec", "deg", float, "declination of the map's middle, ICRS"),
    Column("redshift", None, float, "redshift, as given"),
    Column("pixscale", "arcsec / pix", float, "side of a map's pixel"),
)
REASON = Column("reason", None, str, "why there are no maps")


def catalogue(table: pd.DataFrame) -> Table:
    """Return the catalogue with units and descriptions, sorted by name."""
    votes = []
    for name in vote_columns():
        votes.append(Column(name, None, float, "expected share of the answer"))
        said = "its standard deviation"
        votes.append(Column(f"{name}_std", None, float, said))
    made = Table()
    table = table.sort_values("name", ignore_index=True)
    for column in (*KNOWN, *columns(), *votes, REASON):
        values = table.get(column.name, pd.Series([None] * len(table)))
        made[column.name] = _typed(values, column.kind)
        made[column.name].unit = column.unit
        made[column.name].description = column.description
    return made


def vote_columns() -> list[str]:
    """Return the names of the columns of expected shares."""
    return [f"{q.name}_{answer}_fraction" for q in questions() for answer in q.answers]


def _typed(values: pd.Series, kind: type) -> np.ndarray:
    if kind is str:
        return values.fillna("").astype(str).to_numpy(str)
    if kind is int:
        return values.fillna(0).astype(np.int64).to_numpy()
    return values.astype(float).to_numpy()
