"""Which detections are clusters, and which clusters were detected.

Both lists are matched whole, and cut to the valid area afterwards: a truth inside may
be found by a detection beyond the edge, and a detection inside may be of a truth
beyond it. Neither counts as a failure of the other, and what lies outside is no
negative and no miss.

Detections choose in the order of their scores, each a free truth. So the
matches above a threshold do not depend on detections below it, and one judgement
serves all thresholds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from astropy.table import Table

from skyloom.sky.matching import DZ, RADIUS, Pairs, candidates, one_to_one

NONE = -1


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a detection true.

    Attributes
    ----------
    radius, dz : float
        Largest projected distance, at the truth's redshift [Mpc], and redshift
        difference over 1 + z of the truth; None for a finder without redshifts.
    above : float
        Smallest LAMBDA of a truth; poorer ones are no clusters.
    """

    radius: float = RADIUS
    dz: float | None = DZ
    above: float = 5.0


@dataclass(frozen=True)
class Judged:
    """Truths and detections, matched.

    Attributes
    ----------
    truth : DataFrame
        One row a cluster of LAMBDA >= ``rule.above``: ``FIELD, ID, LAMBDA, Z, VALID``;
        ``FOUND`` row of its detection in `found`, -1 for none; ``SCORE`` of that, NaN
        for none; ``NEAR`` best score of all detections within the tolerances, NaN
        for none.
    found : DataFrame
        One row a detection: ``FIELD, ID, SCORE, VALID, Z, Z_ERR, LAMBDA, LAMBDA_ERR``
        (NaN where the finder gives none); ``TRUTH`` row of its cluster in `truth`, -1
        for none; ``TRUE_LAMBDA, TRUE_Z`` and ``SEPARATION`` [Mpc] of that, NaN for
        none; ``FRAGMENT`` bool: unmatched, near a cluster that a surer detection
        took.
    rule : Rule
        What made a detection true.
    """

    truth: pd.DataFrame
    found: pd.DataFrame
    rule: Rule

    @property
    def fields(self) -> np.ndarray:
        """Return the fields of either table, sorted."""
        return np.union1d(self.truth["FIELD"], self.found["FIELD"])


def judge(
    truth: Table, found: Table, rule: Rule | None = None, *, across: bool = False
) -> Judged:
    """Match detections with true clusters, of each field or all together.

    Parameters
    ----------
    truth, found : Table or DataFrame
        ``RA, DEC, Z_LAMBDA, LAMBDA``; and ``RA, DEC, SCORE``, of which larger is surer,
        and, where the rule asks for a redshift, ``Z``. Of several fields ``FIELD``;
        ``VALID`` bool: False where it could not have been seen (`.sky.Sky`).
    across : bool
        Whether all fields are parts of one sky: a detection of one may be a cluster
        of another.

    Raises
    ------
    ValueError
        A score that is not finite, or what `skyloom.sky.matching.candidates` refuses.
    """
    rule = rule or Rule()
    truth, found = _frame(truth), _frame(found)
    truth = truth[truth["LAMBDA"] >= rule.above].reset_index(drop=True)
    clusters, detections = _clusters(truth), _detections(found)
    asked = {"radius": rule.radius, "dz": rule.dz}
    near = candidates(*_columns(truth, "Z_LAMBDA"), *_columns(found, "Z"), **asked)
    if not across:
        one, two = (t["FIELD"].to_numpy() for t in (clusters, detections))
        near = near.part(one[near.first] == two[near.second])
    # A detection takes the richest: a poor neighbour costs no rich cluster.
    ranks = {"rank1": clusters["LAMBDA"], "rank2": detections["SCORE"]}
    _write(clusters, detections, near, one_to_one(near, **asked, **ranks))
    return Judged(clusters, detections, rule)


def stacked(tables: Mapping[object, Table]) -> pd.DataFrame:
    """Return tables of several fields as one, with a column ``FIELD`` of their keys."""
    frames = [_frame(t).assign(FIELD=k) for k, t in tables.items()]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _frame(table: Table | pd.DataFrame) -> pd.DataFrame:
    frame = table
    if isinstance(table, Table):
        flat = [column for column in table.colnames if table[column].ndim == 1]
        frame = table[flat].to_pandas() if flat else pd.DataFrame()
    frame = frame.reset_index(drop=True)
    own = {"FIELD": 0, "VALID": True, "ID": np.arange(1, len(frame) + 1)}
    frame = frame.assign(**{k: v for k, v in own.items() if k not in frame})
    return frame.assign(VALID=frame["VALID"].astype(bool))


def _clusters(truth: pd.DataFrame) -> pd.DataFrame:
    kept = truth[["FIELD", "ID", "LAMBDA", "VALID"]]
    return kept.assign(Z=truth["Z_LAMBDA"])


def _detections(found: pd.DataFrame) -> pd.DataFrame:
    measured = ("SCORE", "Z", "Z_ERR", "LAMBDA", "LAMBDA_ERR")
    values = {k: found[k].astype(float) if k in found else np.nan for k in measured}
    return found[["FIELD", "ID", "VALID"]].assign(**values)


def _columns(frame: pd.DataFrame, z: str) -> tuple[np.ndarray, ...]:
    nothing = np.full(len(frame), np.nan)
    names = ("RA", "DEC", z)
    return tuple(
        frame[name].to_numpy(float) if name in frame else nothing for name in names
    )


def _write(clusters, detections, near: Pairs, pairs: Pairs) -> None:
    score = detections["SCORE"].to_numpy()
    best = np.full(len(clusters), -np.inf)
    np.maximum.at(best, near.first, score[near.second])
    clusters["NEAR"] = np.where(np.isfinite(best), best, np.nan)
    clusters["FOUND"], detections["TRUTH"] = pairs.partners()
    clusters["SCORE"] = _at(clusters["FOUND"], score)
    for name, of in (("TRUE_LAMBDA", "LAMBDA"), ("TRUE_Z", "Z")):
        detections[name] = _at(detections["TRUTH"], clusters[of].to_numpy(float))
    separation = np.full(len(detections), np.nan)
    separation[pairs.second] = pairs.separation
    detections["SEPARATION"] = separation
    left = np.setdiff1d(near.second, pairs.second)
    detections["FRAGMENT"] = np.isin(np.arange(len(detections)), left)


def _at(rows: pd.Series, values: np.ndarray) -> np.ndarray:
    """Return the values of some rows; NaN for none, -1."""
    return np.append(values, np.nan)[rows]
