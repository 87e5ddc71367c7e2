"""The constants of simulated volunteers: `resources/spirals/volunteers.csv`."""

from __future__ import annotations

from functools import cache

from skyloom.io.tables import read_csv
from skyloom.run.places import ROOT

PATH = ROOT / "resources" / "spirals" / "volunteers.csv"
SCHEMA = {"name": "str", "value": "float", "source": "str"}


@cache
def constants() -> dict[str, float]:
    """Return the constants by name."""
    table = read_csv(PATH, SCHEMA)
    return dict(zip(table["name"], table["value"].astype(float), strict=True))
