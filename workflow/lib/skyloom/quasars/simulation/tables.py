"""The simulator's tables of constants, from ``resources/quasars/simulation.json``.

The file says what each table holds, in which units, and where its numbers are from.
"""

from __future__ import annotations

import json
from functools import cache

import numpy as np

from skyloom.run.places import ROOT

FILE = ROOT / "resources" / "quasars" / "simulation.json"


@cache
def _tables() -> dict:
    return json.loads(FILE.read_text())


def columns(table: str) -> np.ndarray:
    """Return the columns of numbers of a table, shape (columns, rows)."""
    rows = _tables()[table]["rows"]
    return np.array([[x for x in row if not isinstance(x, str)] for row in rows]).T


def names(table: str) -> np.ndarray:
    """Return the first column of a table of named rows, shape (rows,), object."""
    return np.array([row[0] for row in _tables()[table]["rows"]], dtype=object)
