"""The finder's catalogue: its columns and its rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.table import Table

from skyloom.stats.calibration import Platt

LEAST = 0.05  # probability of the least probable row
ID_STEPS = 100_000  # a degree: positions in identifiers are told to 0.036 arcsec
# Unit, description and IVOA's word (UCD) of each column.
COLUMNS = {
    "ID": ("", "Identifier, made of the position", "meta.id;meta.main"),
    "RA": ("deg", "Right ascension, ICRS", "pos.eq.ra;meta.main"),
    "DEC": ("deg", "Declination, ICRS", "pos.eq.dec;meta.main"),
    "PROBABILITY": ("", "Probability that this is a cluster", "stat.probability"),
    "Z": ("", "Redshift", "src.redshift.phot"),
    "Z_ERR": ("", "Standard deviation of Z", "stat.error;src.redshift.phot"),
    "LAMBDA": ("", "Richness: members above 0.2 L*", ""),
    "LAMBDA_ERR": ("", "Standard deviation of LAMBDA", "stat.error"),
    "EXTENT": (
        "arcmin",
        "Diameter of a circle as large as the cells that hold members",
        "phys.angSize",
    ),
    "N_TILES": ("", "Cells that hold members", ""),
    "TILES": ("", "Survey tiles on which it was seen", ""),
    "AREA_FRACTION": ("", "Unmasked share within 1 Mpc", ""),
    "X": ("pix", "Column on the survey tile, from 0", ""),
    "Y": ("pix", "Row on the survey tile, from 0", ""),
}


def catalogue(
    found: Table,
    calibration: Platt | None = None,
    *,
    provenance: Mapping | None = None,
) -> Table:
    """Return the catalogue of candidates, with `COLUMNS`, most probable first.

    The calibration leads from SCORE to PROBABILITY. The same cluster at the same
    position has the same ID, whatever else is in the list.
    """
    table = found.copy()
    table.meta = {} if provenance is None else {"provenance": dict(provenance)}
    if calibration is not None:
        table["PROBABILITY"] = calibration(table["SCORE"])
    keys = [table["DEC"], table["RA"], -table["SCORE"], -table["PROBABILITY"]]
    table = table[np.lexsort(keys)]
    table["ID"] = _identifiers(table["RA"], table["DEC"])
    table = table[table["PROBABILITY"] >= LEAST][list(COLUMNS)]
    for name, (unit, description, ucd) in COLUMNS.items():
        table[name].unit, table[name].description = unit or None, description
        if ucd:
            table[name].info.meta = {"ucd": ucd}
    return table


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
