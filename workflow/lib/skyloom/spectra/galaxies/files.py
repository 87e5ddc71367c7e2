"""Files of fingerprints: of one galaxy, and of all of them.

Of one: ``<name>.npy``, shares of the units in their order row by row, and
``<name>_info.fits``, its spectra with their units. Of all: ``fingerprints.npy``, one
row a galaxy, and ``fingerprints_info.fits`` in the same order. The tables' headers say
which map it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table

from skyloom.io.atomic import replacing
from skyloom.io.catalogues import write_catalogue
from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.som.model import Som
from skyloom.spectra.rest.files import read_array

CARDS = {
    "rows": "MAPROWS",
    "columns": "MAPCOLS",
    "topology": "MAPTOPO",
    "lattice": "MAPLATT",
}
GALAXY = "PLATEIFU"
REMEDY = "make it again with the rule that writes it"
TOLERANCE = 1e-4  # of the sum of float32 shares


@dataclass(frozen=True)
class Layout:
    """How the units of the map of spectra lie."""

    rows: int
    columns: int
    topology: str
    lattice: str

    @property
    def n_units(self) -> int:
        """Number of units, the length of a fingerprint."""
        return self.rows * self.columns


@dataclass(frozen=True, eq=False)
class Fingerprints:
    """Fingerprints of galaxies on one map.

    Attributes
    ----------
    shares : ndarray of float32, shape (n, n_units)
        Each row adds up to 1, or is 0 where a galaxy has no spectra.
    info : DataFrame of n rows
        See `skyloom.spectra.galaxies.summary.summary`.
    layout : Layout
        Of the map of spectra.
    """

    shares: np.ndarray
    info: pd.DataFrame
    layout: Layout

    def part(self, split: str) -> np.ndarray:
        """Return the fingerprints of a split: ``train``, ``test`` or ``empty``."""
        return self.shares[(self.info["split"] == split).to_numpy()]


def layout_of(som: Som) -> Layout:
    """Return how the units of a map lie."""
    return Layout(*som.shape, som.topology, som.lattice)


def info_path(path: str | Path) -> Path:
    """Return where the table of a file of fingerprints lies."""
    return Path(path).with_name(f"{Path(path).stem}_info.fits")


def write_fingerprints(
    path: str | Path,
    shares: np.ndarray,
    table: Table,
    layout: Layout,
    header: Mapping | None = None,
    info: str | Path | None = None,
) -> None:
    """Write fingerprints and their table, each whole or not at all.

    `info` is given where the table is not to lie beside the shares.
    """
    cards = {CARDS[key]: value for key, value in asdict(layout).items()}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, np.ascontiguousarray(shares, np.float32), allow_pickle=False)
    place = info_path(path) if info is None else info
    write_catalogue(place, table, cards | dict(header or {}))


def read_galaxy(path: str | Path) -> tuple[np.ndarray, pd.DataFrame, Layout, str]:
    """Return fingerprint, placed spectra, layout of the map and plate-IFU of a galaxy.

    Raises
    ------
    InputError
        As `read_fingerprints`.
    """
    table, layout, header = _read_table(path)
    if GALAXY not in header:
        problem = f"no card {GALAXY} in the header"
        raise InputError(info_path(path), problem, where="HDU 0", remedy=REMEDY)
    share = read_array(path, (layout.n_units,))
    _check(path, share[None])
    return share, table, layout, header[GALAXY]


def read_fingerprints(path: str | Path) -> Fingerprints:
    """Return the fingerprints of all galaxies.

    Raises
    ------
    InputError
        A file that is missing or damaged, of another shape than its table says, not
        shares, without the map in the table's header, or a galaxy that stands in two
        rows.
    """
    table, layout, _ = _read_table(path)
    shares = np.array(read_array(path, (len(table), layout.n_units)))
    _check(path, shares)
    twice = table["plateifu"].duplicated()
    if twice.any():
        where = f"row {int(np.argmax(twice))}"
        problem = f"galaxy {table['plateifu'][twice].iloc[0]} stands in two rows"
        raise InputError(info_path(path), problem, where=where, remedy=REMEDY)
    return Fingerprints(shares, table, layout)


def _read_table(path: str | Path) -> tuple[pd.DataFrame, Layout, Mapping]:
    place = info_path(path)
    with opened(place) as file:
        table, header = file.table(1), file[0].header
    lacking = [card for card in CARDS.values() if card not in header]
    if lacking:
        problem = f"no card {', '.join(lacking)} in the header"
        raise InputError(place, problem, where="HDU 0", remedy=REMEDY)
    flat = [name for name in table.colnames if table[name].ndim == 1]
    layout = Layout(**{key: header[card] for key, card in CARDS.items()})
    return table[flat].to_pandas(), layout, header


def _check(path: str | Path, shares: np.ndarray) -> None:
    total = shares.sum(axis=1)
    empty = (shares == 0).all(axis=1)
    bad = ~empty & ~(np.abs(total - 1) < TOLERANCE) | (shares < 0).any(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        problem = f"shares add up to {total[row]:.5g}"
        expected = "1, or all of them 0; none of them negative or NaN"
        where = f"row {row}"
        raise InputError(path, problem, where=where, expected=expected, remedy=REMEDY)
