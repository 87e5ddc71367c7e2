"""One list of what the matched filter and the encoder find."""

from __future__ import annotations

import numpy as np
from astropy.table import Table, vstack

from skyloom.clusters.baselines.matched_filter import LEAST_SCORE
from skyloom.clusters.finder.catalogue import COLUMNS as CATALOGUE
from skyloom.clusters.finder.catalogue import identifiers
from skyloom.clusters.finder.peaks import THRESHOLD
from skyloom.sky.matching import match
from skyloom.stats.calibration import logit

# Two detections within this distance [Mpc] and difference of redshift over 1 + z are
# one cluster.
RADIUS, DZ = 0.5, 0.05
MEASURED = ("RA", "DEC", "Z", "Z_ERR", "LAMBDA", "LAMBDA_ERR")
BOTH, FILTER, ENCODER = "both", "filter", "encoder"
COLUMNS = {name: CATALOGUE[name] for name in ("ID", *MEASURED[:2], "PROBABILITY")} | {
    "Z": ("", "Redshift, the filter's where it found the cluster", "src.redshift.phot"),
    "Z_ERR": CATALOGUE["Z_ERR"],
    "LAMBDA": ("", "Richness, the filter's where it found the cluster", ""),
    "LAMBDA_ERR": CATALOGUE["LAMBDA_ERR"],
    "FOUND_BY": ("", "both, filter or encoder", ""),
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
}


def joined(matched_filter: Table, encoder: Table) -> Table:
    """Return the detections of both, those of one cluster in one row.

    Parameters
    ----------
    matched_filter : Table
        Of `skyloom.clusters.baselines.matched_filter.find_clusters`.
    encoder : Table
        Of `skyloom.clusters.finder.peaks.candidates`, each cluster once.

    Returns
    -------
    Table
        `COLUMNS` but ID and PROBABILITY; of what only one has found, the score of the
        other is the least that it lists.
    """
    ranks = {"rank1": encoder["SCORE"], "rank2": matched_filter["SCORE"]}
    sides = [
        [t[name] for name in ("RA", "DEC", "Z")] for t in (encoder, matched_filter)
    ]
    pairs = match(*sides[0], *sides[1], radius=RADIUS, dz=DZ, **ranks)
    first = _listed(matched_filter, FILTER)
    first["FILTER_SCORE"] = matched_filter["SCORE"]
    first["ENCODER_SCORE"][pairs.second] = encoder["SCORE"][pairs.first]
    first["FOUND_BY"][pairs.second] = BOTH
    alone = np.setdiff1d(np.arange(len(encoder)), pairs.first)
    second = _listed(encoder[alone], ENCODER)
    second["ENCODER_SCORE"] = encoder["SCORE"][alone]
    return vstack([first, second], metadata_conflicts="silent")


def scores(table: Table) -> np.ndarray:
    """Return both scores of a joint list as they add up, shape (n, 2)."""
    own = np.asarray(table["FILTER_SCORE"], float)
    return np.stack([own, logit(table["ENCODER_SCORE"])], axis=-1)


def listed(table: Table, probability: np.ndarray) -> Table:
    """Return a joint list with all `COLUMNS`, most probable first."""
    table = table.copy()
    table["PROBABILITY"] = probability
    keys = [table["DEC"], table["RA"], -table["ENCODER_SCORE"], -table["FILTER_SCORE"]]
    table = table[np.lexsort([*keys, -table["PROBABILITY"]])]
    table["ID"] = identifiers(table["RA"], table["DEC"])
    table = table[list(COLUMNS)]
    for name, (unit, description, ucd) in COLUMNS.items():
        table[name].unit, table[name].description = unit or None, description
        if ucd:
            table[name].info.meta = {"ucd": ucd}
    return table


def _listed(found: Table, who: str) -> Table:
    table = Table({name: np.asarray(found[name], float) for name in MEASURED})
    table["FILTER_SCORE"] = np.full(len(found), LEAST_SCORE)
    table["ENCODER_SCORE"] = np.full(len(found), THRESHOLD)
    table["FOUND_BY"] = np.full(len(found), who, "U7")
    return table
