"""The list of clusters: its columns, its order, and what its rows are called."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.table import Table

from skyloom.clusters.baselines.matched_filter import LEAST_SCORE, MEANING
from skyloom.clusters.finder.peaks import THRESHOLD

LEAST = 0.05  # probability of the least probable row of a survey
ID_STEPS = 100_000  # a degree: positions in identifiers are told to 0.036 arcsec
# Unit, description and IVOA's word (UCD) of each column.
COLUMNS = {
    "ID": ("", "Identifier, made of the position", "meta.id;meta.main"),
    "RA": ("deg", "Right ascension, ICRS", "pos.eq.ra;meta.main"),
    "DEC": ("deg", "Declination, ICRS", "pos.eq.dec;meta.main"),
    "PROBABILITY": ("", "Probability that this is a cluster", "stat.probability"),
    "Z": ("", "Redshift, the filter's where it found the cluster", "src.redshift.phot"),
    "Z_ERR": ("", "Standard deviation of Z", "stat.error;src.redshift.phot"),
    "LAMBDA": ("", "Richness, the filter's where it found the cluster", ""),
    "LAMBDA_ERR": ("", "Standard deviation of LAMBDA", "stat.error"),
    "FOUND_BY": ("", "both, filter or encoder; on the tile of X, Y", ""),
    "FILTER_SCORE": (
        "",
        f"ln of the likelihood ratio of the filter; {LEAST_SCORE:g} where it is below",
        "stat.likelihood",
    ),
    "ENCODER_SCORE": (
        "",
        f"Score of the encoder, 0 to 1; {THRESHOLD:g} where it is below",
        "stat.value",
    ),
    "MASKFRAC": ("", MEANING["MASKFRAC"], ""),
    "P_CENTRAL": ("", MEANING["P_CENTRAL"], "stat.probability"),
    "FLAG": ("", MEANING["FLAG"], "meta.code"),
    "TILES": ("", "Survey tiles on which it was seen", ""),
    "X": ("pix", "Column on the survey tile, from 0", ""),
    "Y": ("pix", "Row on the survey tile, from 0", ""),
}


def catalogue(
    found: Table, *, least: float = 0.0, provenance: Mapping | None = None
) -> Table:
    """Return a list of detections with those of `COLUMNS` that it has, and an ID.

    Most probable first, down to the ``least`` probability. The same cluster at the same
    position has the same ID, whatever else is in the list.
    """
    keys = [found["DEC"], found["RA"], -found["ENCODER_SCORE"], -found["FILTER_SCORE"]]
    table = found[np.lexsort([*keys, -found["PROBABILITY"]])]
    table.meta = {} if provenance is None else {"provenance": dict(provenance)}
    table["ID"] = identifiers(table["RA"], table["DEC"])
    kept = [name for name in COLUMNS if name in table.colnames]
    table = table[table["PROBABILITY"] >= least][kept]
    for name in kept:
        unit, description, ucd = COLUMNS[name]
        table[name].unit, table[name].description = unit or None, description
        if ucd:
            table[name].info.meta = {"ucd": ucd}
    return table


def identifiers(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
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
