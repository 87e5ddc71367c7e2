"""The finder's catalogue: its columns, writing, reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.table import Table

from skyloom.io.errors import InputError, existing_file
from skyloom.io.fits import opened
from skyloom.io.tables import write_catalogue
from skyloom.stats.calibration import Platt

FORMATS = {".fits": "fits", ".ecsv": "ascii.ecsv"}
LEAST = 0.05  # probability of the least probable row
ID_STEPS = 100_000  # a degree: positions in identifiers are told to 0.036 arcsec


@dataclass(frozen=True)
class DetectionColumn:
    """What a column of the catalogue holds."""

    kind: str  # of the dtype: i, f or U
    unit: str
    description: str
    low: float = -np.inf  # limits, ends included
    high: float = np.inf
    ucd: str = ""  # IVOA's word for it


COLUMNS = {
    "ID": DetectionColumn(
        "i", "", "Identifier, made of the position", 0, ucd="meta.id;meta.main"
    ),
    "RA": DetectionColumn(
        "f", "deg", "Right ascension, ICRS", 0, 360, "pos.eq.ra;meta.main"
    ),
    "DEC": DetectionColumn(
        "f", "deg", "Declination, ICRS", -90, 90, "pos.eq.dec;meta.main"
    ),
    "PROBABILITY": DetectionColumn(
        "f", "", "Probability that this is a cluster", 0, 1, "stat.probability"
    ),
    "Z": DetectionColumn("f", "", "Redshift", -0.1, 10, "src.redshift.phot"),
    "Z_ERR": DetectionColumn(
        "f", "", "Its standard deviation", 0, ucd="stat.error;src.redshift.phot"
    ),
    "LAMBDA": DetectionColumn("f", "", "Richness: members above 0.2 L*", 0),
    "LAMBDA_ERR": DetectionColumn(
        "f", "", "Its standard deviation", 0, ucd="stat.error"
    ),
    "EXTENT": DetectionColumn(
        "f",
        "arcmin",
        "Diameter of a circle as large as the cells that hold members",
        0,
        ucd="phys.angSize",
    ),
    "N_TILES": DetectionColumn("i", "", "Cells that hold members", 0),
    "TILES": DetectionColumn("U", "", "Survey tiles on which it was seen"),
    "AREA_FRACTION": DetectionColumn("f", "", "Unmasked share within 1 Mpc", 0, 1),
    "X": DetectionColumn("f", "pix", "Column on the survey tile, from 0"),
    "Y": DetectionColumn("f", "pix", "Row on the survey tile, from 0"),
}


def catalogue(
    found: Table,
    calibration: Platt | None = None,
    *,
    provenance: Mapping | None = None,
) -> Table:
    """Return the catalogue of candidates.

    Parameters
    ----------
    found : Table
        Of `skyloom.clusters.finder.merge.merge`, or of one tile's `candidates`.
    calibration : Platt, optional
        From SCORE to PROBABILITY.
    provenance : mapping, optional
        Record of `skyloom.run.provenance.record`, for the file.

    Returns
    -------
    Table
        With the columns of `COLUMNS`, most probable first. The same cluster at the
        same position has the same ID, whatever else is in the list.
    """
    table = found.copy()
    table.meta = {} if provenance is None else {"provenance": dict(provenance)}
    if calibration is not None:
        table["PROBABILITY"] = calibration(table["SCORE"])
    keys = [table["DEC"], table["RA"], -table["SCORE"], -table["PROBABILITY"]]
    table = table[np.lexsort(keys)]
    table["ID"] = _identifiers(table["RA"], table["DEC"])
    table = table[table["PROBABILITY"] >= LEAST][list(COLUMNS)]
    for name, column in COLUMNS.items():
        table[name].unit = column.unit or None
        table[name].description = column.description
        if column.ucd:
            table[name].info.meta = {"ucd": column.ucd}
    return table


def write_detections(path: str | Path, table: Table) -> None:
    """Write a catalogue of `catalogue` as ``.fits`` or ``.ecsv``."""
    write_catalogue(path, table)


def read_detections(path: str | Path) -> Table:
    """Read a catalogue.

    Parameters
    ----------
    path : str or Path
        Of `write_detections`.

    Returns
    -------
    Table
        With the columns of `COLUMNS`; it may have no rows.

    Raises
    ------
    InputError
        Another suffix, a damaged file, a column that is missing, of another kind or
        unit, a value that is missing or out of its limits, or an ID that comes twice.
    """
    path = existing_file(path)
    if path.suffix not in FORMATS:
        raise InputError(
            path, f"ends in {path.suffix!r}", expected=" or ".join(FORMATS)
        )
    table = _read(path)
    for name, column in COLUMNS.items():
        if name not in table.colnames:
            expected = f"it among {', '.join(table.colnames)}"
            raise InputError(path, "missing column", where=name, expected=expected)
        _check(path, name, table, column)
    ids, counts = np.unique(table["ID"], return_counts=True)
    if (counts > 1).any():
        row = int(np.flatnonzero(table["ID"] == ids[counts > 1][0])[1])
        problem = f"{table['ID'][row]} comes twice"
        raise InputError(path, problem, where=f"row {row + 1}, ID")
    return table[list(COLUMNS)]


def _read(path: Path) -> Table:
    if path.suffix == ".fits":
        with opened(path) as file:
            table = file.table(1)
    else:
        try:
            table = Table.read(path.read_text(), format="ascii.ecsv")
        except Exception as bad:  # astropy raises a dozen types on damaged tables
            problem = f"not a readable catalogue ({bad})"
            raise InputError(path, problem, remedy="make it again") from None
    for name in table.colnames:
        if table[name].dtype.kind == "S":
            table.convert_bytestring_to_unicode()
    return table


def _check(path: Path, name: str, table: Table, column: DetectionColumn) -> None:
    cells = table[name]
    kind = cells.dtype.kind
    if kind != column.kind and len(table):
        expected = {"i": "integers", "f": "floats", "U": "text"}[column.kind]
        raise InputError(path, f"dtype {cells.dtype}", where=name, expected=expected)
    if str(cells.unit or "") != column.unit:
        problem, expected = f"unit {str(cells.unit or '')!r}", repr(column.unit)
        raise InputError(path, problem, where=name, expected=expected)
    # FITS has no empty cell: astropy masks NaN and empty text, which may be meant.
    values = np.ma.getdata(np.ma.asarray(cells))
    bad = np.zeros(len(table), bool)
    if column.kind != "U":
        values = values.astype(float)
        bad |= np.ma.getmaskarray(np.ma.asarray(cells))
        bad |= ~np.isfinite(values) | (values < column.low) | (values > column.high)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        where = f"row {row + 1}, {name}"
        expected = f"a value from {column.low:g} to {column.high:g}"
        raise InputError(path, f"got {values[row]}", where=where, expected=expected)


def _identifiers(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return int64 identifiers: RA, then Dec + 90, in steps of 1e-5 deg, 8 digits each.

    Where two rows share a position, the later one's last digit moves.
    """
    east = np.rint(np.asarray(ra) * ID_STEPS).astype(np.int64) % (360 * ID_STEPS)
    north = np.rint((np.asarray(dec) + 90) * ID_STEPS).astype(np.int64)
    wanted, seen = (east * 10**8 + north).tolist(), set()
    for i in range(len(wanted)):
        while wanted[i] in seen:
            wanted[i] += 1
        seen.add(wanted[i])
    return np.array(wanted, np.int64)
