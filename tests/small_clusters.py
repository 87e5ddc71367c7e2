"""A configuration that is small enough for every test."""

from __future__ import annotations

from astropy.table import Table
from skyloom.clusters.config import Config
from skyloom.run.config import checked

SEED = 3


def section(**changes) -> Config:
    """Return the area's configuration with some changes."""
    return checked(Config, changes)


def config(**changes) -> dict:
    """Return it as rules have it: plain, with the seed."""
    return {"seed": SEED, **section(**changes).model_dump(mode="json")}


def clusters(**columns) -> Table:
    """Return a list of one cluster, on an image."""
    known = {"ID": [1], "RA": [10.0], "DEC": [0.0], "Z_LAMBDA": [0.4]}
    known |= {"Z_LAMBDA_ERR": [0.0], "LAMBDA": [40.0], "LAMBDA_ERR": [0.0]}
    return Table(known | {"X": [20.0], "Y": [70.0], "R_PIX": [30.0]} | columns)
