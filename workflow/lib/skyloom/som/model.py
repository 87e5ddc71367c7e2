"""The map itself, and its file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skyloom.io.documents import plain
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz, write_npz
from skyloom.som.grid import Shape, check_grid

KEYS = {"weights": ("f", 3), "topology": ("U", 0), "about": ("U", 0)}
OPTIONAL = {"lattice": ("U", 0)}  # of a map that is not rectangular


@dataclass(frozen=True, eq=False)
class Som:
    """A map: one prototype a unit of a grid.

    Parameters
    ----------
    weights : ndarray of float32, shape (ny, nx, d)
        The prototypes, in the units of the data; copied, and finite.
    topology : {"sheet", "torus"}
        Whether opposite edges touch.
    lattice : {"rectangular", "hexagonal"}
        How units lie.
    """

    weights: np.ndarray
    topology: str
    lattice: str = "rectangular"

    def __post_init__(self):
        weights = np.array(self.weights)
        if weights.dtype != np.float32 or weights.ndim != 3 or not weights.shape[2]:
            got = f"{weights.dtype} of shape {weights.shape}"
            msg = f"weights of a map are float32 of shape (ny, nx, d), not {got}"
            raise ValueError(msg)
        check_grid(weights.shape[:2], self.topology, self.lattice)
        if not np.isfinite(weights).all():
            msg = "weights of a map are finite numbers: some are not"
            raise ValueError(msg)
        weights.flags.writeable = False
        object.__setattr__(self, "weights", weights)

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.weights.shape[:2]

    @property
    def n_units(self) -> int:
        """Number of units."""
        return self.shape[0] * self.shape[1]

    @property
    def width(self) -> int:
        """Number of values of a prototype."""
        return self.weights.shape[2]

    @property
    def prototypes(self) -> np.ndarray:
        """The weights as one row a unit, shape (n_units, d)."""
        return self.weights.reshape(self.n_units, self.width)


def save(path: str | Path, som: Som, about: Mapping | None = None) -> None:
    """Write a map as an npz file: whole or not at all, same map same bytes.

    `about` says how it was made, in anything that JSON can hold.
    """
    text = json.dumps(plain(about or {}), sort_keys=True, allow_nan=False)
    arrays = {"weights": som.weights, "topology": np.array(som.topology)}
    if som.lattice != "rectangular":
        arrays["lattice"] = np.array(som.lattice)
    write_npz(path, **arrays, about=text)


def load(path: str | Path) -> Som:
    """Read a map written by `save`; InputError for any other file."""
    arrays = read_npz(path, KEYS, OPTIONAL)
    lattice = str(arrays.get("lattice", "rectangular"))
    try:
        return Som(arrays["weights"], str(arrays["topology"]), lattice)
    except ValueError as bad:
        remedy = "train the map again"
        raise InputError(path, str(bad), where="the map", remedy=remedy) from None
