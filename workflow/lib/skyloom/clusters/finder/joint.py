"""One list of what the matched filter and the encoder find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from astropy.table import Table, vstack

from skyloom.clusters.baselines.matched_filter import LEAST_SCORE, MASKED, MOST_MASKED
from skyloom.clusters.finder.merge import DZ, RADIUS, merge
from skyloom.clusters.finder.peaks import THRESHOLD
from skyloom.sky.matching import match
from skyloom.stats.calibration import logit
from skyloom.stats.logistic import Logistic

MEASURED = ("RA", "DEC", "Z", "Z_ERR", "LAMBDA", "LAMBDA_ERR")
CHECKS = ("MASKFRAC", "P_CENTRAL", "FLAG")  # of how sure a row is
PLACED = ("X", "Y", "EDGE", "TILES")  # where on a survey tile, if it is of one
SCORES = 3  # that a row is judged by
BOTH, FILTER, ENCODER = "both", "filter", "encoder"


def joined(matched_filter: Table, encoder: Table) -> Table:
    """Return the detections of both, those of one cluster in one row.

    Parameters
    ----------
    matched_filter : Table
        Of `skyloom.clusters.baselines.matched_filter.find_clusters`; `PLACED` if it is
        of a survey tile.
    encoder : Table
        Of `skyloom.clusters.finder.peaks.candidates`, each cluster once.

    Returns
    -------
    Table
        `skyloom.clusters.finder.catalogue.COLUMNS` but ID and PROBABILITY, and EDGE;
        of what only one has found, the score of the other is the least that it lists.
    """
    ranks = {"rank1": encoder["SCORE"], "rank2": matched_filter["SCORE"]}
    sides = [
        [t[name] for name in ("RA", "DEC", "Z")] for t in (encoder, matched_filter)
    ]
    pairs = match(*sides[0], *sides[1], radius=RADIUS, dz=DZ, **ranks)
    tiled = [name for name in PLACED if name in matched_filter.colnames]
    first = _listed(matched_filter, FILTER, tiled)
    first["FILTER_SCORE"] = matched_filter["SCORE"]
    first["ENCODER_SCORE"][pairs.second] = encoder["SCORE"][pairs.first]
    first["FOUND_BY"][pairs.second] = BOTH
    for name in CHECKS:
        first[name] = matched_filter[name]
    alone = np.setdiff1d(np.arange(len(encoder)), pairs.first)
    second = _listed(encoder[alone], ENCODER, tiled)
    second["ENCODER_SCORE"] = encoder["SCORE"][alone]
    second["MASKFRAC"] = 1.0 - encoder["AREA_FRACTION"][alone]
    second["P_CENTRAL"] = np.full(len(alone), np.nan)
    second["FLAG"] = np.where(second["MASKFRAC"] > MOST_MASKED, MASKED, 0)
    return vstack([first, second], metadata_conflicts="silent")


class Worth(NamedTuple):
    """What a joint list's `scores` are worth, and at which redshifts that is known."""

    probability: Logistic
    redshifts: tuple[float, float]

    def of(self, table: Table) -> Table:
        """Return the rows at these redshifts, with their PROBABILITY."""
        z = np.asarray(table["Z"], float)
        kept = table[(z >= self.redshifts[0]) & (z <= self.redshifts[1])]
        kept["PROBABILITY"] = self.probability(scores(kept))
        return kept


def merged(filtered: Sequence[Table], encoder: Sequence[Table], worth: Worth) -> Table:
    """Return the joint list of survey tiles that may overlap, each cluster once.

    ``filtered`` and ``encoder`` have a table a tile, in the same order.
    """
    lists = [joined(*pair) for pair in zip(filtered, encoder, strict=True)]
    return merge([worth.of(table) for table in lists])


def scores(table: Table) -> np.ndarray:
    """Return what the rows of a joint list are judged by, shape (n, `SCORES`).

    More is surer: what `filter_scores` has, and the logarithm of the encoder's odds.
    """
    own = filter_scores(table["FILTER_SCORE"])
    return np.column_stack([own, logit(table["ENCODER_SCORE"])])


def filter_scores(score) -> np.ndarray:
    """Return what the matched filter's detections are judged by, shape (n, 2).

    Its score and the logarithm of that: the odds against chance follow the one where
    chance is all that null skies have, and the other where it is poor groups as well.
    """
    score = np.asarray(score, float)
    return np.stack([score, np.log(score)], axis=-1)


def _listed(found: Table, who: str, tiled: list[str]) -> Table:
    table = Table({name: np.asarray(found[name], float) for name in MEASURED})
    table["FILTER_SCORE"] = np.full(len(found), LEAST_SCORE)
    table["ENCODER_SCORE"] = np.full(len(found), THRESHOLD)
    table["FOUND_BY"] = np.full(len(found), who, "U7")
    for name in tiled:
        table[name] = np.asarray(found[name])
    return table
