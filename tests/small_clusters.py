"""A configuration that is small enough for every test."""

from __future__ import annotations

from pathlib import Path

from skyloom.run.config import load_schema, validated

SCHEMA = Path(__file__).parents[1] / "workflow" / "schemas" / "clusters.schema.yaml"
SEED = 3


def config(**changes) -> dict:
    """Return the area's configuration with its defaults, the seed and some changes."""
    return {"seed": SEED, **validated(changes, load_schema(SCHEMA))}
