"""The catalogue of galaxies: where each lies on the map of galaxies, and how unusual.

UCDs follow the IVOA's controlled vocabulary UCD1+ 1.5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from astropy import units as u
from astropy.table import Column as TableColumn
from astropy.table import Table

from skyloom.spectra.galaxies.files import Fingerprints
from skyloom.spectra.galaxy_map.model import Placed


class Column(NamedTuple):
    """One column: ``unit`` in FITS spelling."""

    name: str
    unit: str | None
    ucd: str
    description: str


COLUMNS = (
    Column("plateifu", None, "meta.id;meta.main", "plate and unit of the observation"),
    Column("mangaID", None, "meta.id", "MaNGA's name of the galaxy; empty: none"),
    Column("suffix", None, "meta.id;meta.file", "name of the galaxy's files"),
    Column("split", None, "meta.code", "of both maps; empty: it has no spectra"),
    Column("bmu2", None, "meta.number", "unit of the map of galaxies; -1: none"),
    Column("row", None, "meta.number", "row of the unit, from 0; -1: none"),
    Column("col", None, "meta.number", "column of the unit, from 0; -1: none"),
    Column("distance", None, "stat.fit.residual", "to the unit, in latent space"),
    Column("novelty", "%", "stat.rank", "training galaxies nearer to their unit"),
    Column("n_spectra", None, "meta.number", "spectra that the fingerprint is of"),
    Column("n_left_out", None, "meta.number", "spectra that were left out of it"),
    Column("n_nodes", None, "meta.number", "units of the map of spectra that are hit"),
    Column("entropy", None, "stat.value", "entropy of the fingerprint [nat]"),
    Column("r_max", None, "phys.size.radius", "largest radius of a spectrum [Re]"),
    Column("meansn2", None, "stat.snr", "median S/N a pixel of its spectra"),
    Column("redshift", None, "src.redshift", "systemic redshift"),
    Column("fibres", None, "meta.number;instr", "fibres of the unit; -1: unknown"),
)


def catalogue(prints: Fingerprints, made: Placed) -> Table:
    """Return the catalogue: a row a galaxy, in the order of the fingerprints.

    Each column has a unit, a description and ``meta["ucd"]``. A galaxy without spectra
    has no unit.
    """
    row, column = np.divmod(made.unit, made.som.shape[1])
    placed = {
        "bmu2": made.unit,
        "row": row,  # of no unit -1, too
        "col": np.where(made.unit < 0, -1, column),
        "distance": made.distance,
        "novelty": made.novelty,
    }
    columns = [
        TableColumn(
            placed.get(c.name) if c.name in placed else _values(prints.info[c.name]),
            name=c.name,
            unit=u.Unit(c.unit) if c.unit else None,
            description=c.description,
            meta={"ucd": c.ucd},
        )
        for c in COLUMNS
    ]
    return Table(columns, meta={"name": "skyloom spectra: map of galaxies"})


def _values(column) -> np.ndarray:
    values = column.to_numpy()
    return values if values.dtype.kind in "fiu" else values.astype(str)
