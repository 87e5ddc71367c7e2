"""Magnitudes of galaxies against redshift, from tables in `resources/clusters`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skyloom.clusters.bands import BANDS
from skyloom.io.errors import InputError
from skyloom.io.tables import read_csv

TYPES = ("E", "Sbc", "Scd", "Im")


@dataclass(frozen=True)
class RedSequence:
    """Apparent magnitudes of a passive galaxy of characteristic luminosity L*."""

    z: np.ndarray  # (n,)
    magnitudes: np.ndarray  # (n, 4), m*(z) in the bands of `BANDS` [AB mag]

    def m_star(self, z: np.ndarray) -> np.ndarray:
        """Return m*(z) in all bands, shape (..., 4) [AB mag]."""
        return _interpolate(z, self.z, self.magnitudes)

    def colours(self, z: np.ndarray) -> np.ndarray:
        """Return g-r, r-i and i-z of the red sequence at m*, shape (..., 3) [mag]."""
        return -np.diff(self.m_star(z), axis=-1)


@dataclass(frozen=True)
class Templates:
    """Apparent minus absolute magnitudes of galaxies, less the distance modulus.

    ``offsets`` has m - (M_r + DM) [mag], where M_r is the absolute AB magnitude in the
    SDSS r band at rest.
    """

    z: np.ndarray  # (n,)
    offsets: np.ndarray  # (4, n, 4): type of `TYPES`, redshift, band

    def offset(self, blueness: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return m - (M_r + DM), shape (n, 4) [mag].

        ``blueness`` is 0 for E, 1 for Sbc, 2 for Scd, 3 for Im; between them in
        proportion.
        """
        lower = np.clip(np.floor(blueness).astype(int), 0, len(TYPES) - 2)
        share = (blueness - lower)[:, None]
        each = np.stack([_interpolate(z, self.z, table) for table in self.offsets])
        rows = np.arange(len(z))
        return (1 - share) * each[lower, rows] + share * each[lower + 1, rows]


def read_red_sequence(path: str | Path) -> RedSequence:
    """Read `resources/clusters/red_sequence.csv`.

    Source: the passive population of rema-jax 0.6.0 (MIT; Bruzual & Charlot 2003,
    formed at z = 3 with tau = 0.1 Gyr, i = 17.85 at z = 0.2 as redMaPPer's) through
    DECam's griz, its colours corrected by real brightest galaxies at z < 0.55; see
    ``resources/clusters/README.md``.
    """
    names = [f"m_{band}" for band in BANDS]
    table = read_csv(path, dict.fromkeys(["z", *names], "float"))
    return RedSequence(_rising(path, table["z"].to_numpy()), table[names].to_numpy())


def read_templates(path: str | Path) -> Templates:
    """Read `resources/clusters/galaxies.csv`.

    Source: spectra of Coleman, Wu & Weedman 1980 (ApJS 43, 393), as GalSim ships them,
    through the DECam 2014 curves of speclite 1.0.0 (BSD), without evolution.
    """
    names = [f"k_{band}" for band in BANDS]
    columns = {"type": "str", **dict.fromkeys(["z", *names], "float")}
    table = read_csv(path, columns)
    groups = [table[table["type"] == kind] for kind in TYPES]
    z = _rising(path, groups[0]["z"].to_numpy())
    if not all(np.array_equal(z, group["z"]) for group in groups):
        expected = f"the same ones of all types {', '.join(TYPES)}"
        raise InputError(path, "redshifts of a type that differ", expected=expected)
    return Templates(z, np.stack([group[names].to_numpy() for group in groups]))


def _rising(path: str | Path, z: np.ndarray) -> np.ndarray:
    if len(z) < 2 or (np.diff(z) <= 0).any():
        expected = "two or more, each above the one before"
        raise InputError(path, "redshifts", where="column 'z'", expected=expected)
    return z


def _interpolate(z: np.ndarray, nodes: np.ndarray, table: np.ndarray) -> np.ndarray:
    z = np.asarray(z, float)
    return np.stack([np.interp(z, nodes, column) for column in table.T], axis=-1)
