"""A configuration that is small enough for every test."""

from __future__ import annotations

from pathlib import Path

from astropy.table import Table
from skyloom.run.schema import load_schema, validated

SCHEMA = Path(__file__).parents[1] / "workflow" / "schemas" / "clusters.schema.yaml"
SEED = 3


def config(**changes) -> dict:
    """Return the area's configuration with its defaults, the seed and some changes."""
    return {"seed": SEED, **validated(changes, load_schema(SCHEMA))}


def clusters(**columns) -> Table:
    """Return a list of one cluster, on an image."""
    known = {"ID": [1], "RA": [10.0], "DEC": [0.0], "Z_LAMBDA": [0.4]}
    known |= {"Z_LAMBDA_ERR": [0.0], "LAMBDA": [40.0], "LAMBDA_ERR": [0.0]}
    return Table(known | {"X": [20.0], "Y": [70.0], "R_PIX": [30.0]} | columns)
