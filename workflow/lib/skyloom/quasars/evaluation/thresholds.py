"""Thresholds of the score of a quasar, from targets that a member has not seen.

Scores are out of bag: for each exposure, what the members say that were not trained on
its target. Rows without a score or with unknown truth are left out and counted. A
target with one exposure above a threshold is called, and is one trial: that is also how
`skyloom.quasars.evaluation.metrics` counts purity.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from skyloom.quasars.evaluation.shares import row_weights
from skyloom.quasars.network.decode import nth_confidence
from skyloom.quasars.network.lines import LINES
from skyloom.quasars.survey.results import need
from skyloom.stats.calibration import Forecast, cross_fitted
from skyloom.stats.intervals import LEVEL, lower_bound

log = logging.getLogger(__name__)


class Threshold(NamedTuple):
    """A score above which an exposure is taken for a quasar.

    Attributes
    ----------
    value : float
        Called: score > value.
    target, level : float
        The purity wanted, and the probability of its bound.
    reached : bool
        Whether the bound is above the target. If not, `value` is where the bound is
        highest, and `needed` says how many targets without a single mistake would do.
    purity, purity_low, completeness : float
        On the sample; the bound is one-sided and exact.
    called, quasars, needed : int
        Targets called at least once, quasars in the sample, see above.
    """

    value: float
    target: float
    level: float
    reached: bool
    purity: float
    purity_low: float
    completeness: float
    called: int
    quasars: int
    needed: int


def sample(targetid, score, truth) -> Forecast:
    """Return the usable rows, each weighing 1 over the exposures of its target.

    Parameters
    ----------
    targetid : array_like of int, shape (n,)
        Whose exposure it is.
    score : array_like, shape (n,)
        NaN where no member has an opinion.
    truth : array_like, shape (n,)
        True, False, or a missing value (NaN, None, <NA>) where nobody is sure.

    Raises
    ------
    ValueError
        No usable row, or a target that is both.
    """
    targetid = np.asarray(targetid)
    score = np.asarray(score, np.float64)
    truth = pd.Series(truth).astype("Float64").to_numpy(np.float64, na_value=np.nan)
    good = np.isfinite(score) & np.isfinite(truth)
    if not good.any():
        msg = f"none of {len(good)} rows has both a score and a truth"
        raise ValueError(msg)
    if not good.all():
        log.info("%d of %d rows lack a score or a truth", (~good).sum(), len(good))
    ids, truth = targetid[good], truth[good] > 0.5
    both = np.intersect1d(ids[truth], ids[~truth])
    if both.size:
        msg = f"target {both[0]} is a quasar in one row and none in another"
        raise ValueError(msg)
    return Forecast(score[good], truth, ids, row_weights(ids))


def cross_calibrated(
    data: Forecast, folds: int, rng: np.random.Generator
) -> Forecast | None:
    """Return scores as calibrated on the targets of the other folds.

    None where the others of a fold are all quasars, or none is. There are two folds or
    more, and a target for each at least.
    """
    names, place = np.unique(data.objects, return_inverse=True)
    fold = (rng.permutation(len(names)) % folds)[place]
    score = cross_fitted(data.probability, data.truth, fold, data.weight)
    return None if score is None else replace(data, probability=score)


def score_of(results: pd.DataFrame, n_detect: int = 1) -> np.ndarray:
    """Return the score of each row of an ensemble's results, shape (n,).

    That is C_BEST or, if more lines are needed than one, the n-th best C_<LINE>.

    Raises
    ------
    ValueError
        A missing column, or more lines needed than there are.
    """
    lines = [f"C_{name}" for name in LINES if f"C_{name}" in results]
    names = ["C_BEST"] if n_detect == 1 else lines
    need(results, names)
    if n_detect == 1:
        return results["C_BEST"].to_numpy(np.float64)
    return nth_confidence(results[names].to_numpy(np.float64), n_detect)


def threshold_for_purity(data: Forecast, target: float) -> Threshold:
    """Return the lowest threshold at which purity is shown to be above the target.

    Thresholds are the scores themselves. Taking the lowest of many makes the bound
    a little hopeful: check on targets that are neither trained nor calibrated on.

    Parameters
    ----------
    data : Forecast
        Out-of-bag scores.
    target : float
        Purity wanted, 0 to 1 (exclusive).

    Raises
    ------
    ValueError
        No quasar in the sample, or a target that is no share.
    """
    if not 0 < target < 1 or not data.truth.any():
        msg = f"target {target} and {data.truth.sum()} quasars: expected 0 < target < 1"
        raise ValueError(msg + " and a quasar or more")
    table = purity_curve(data)
    bound = table["purity_low"].to_numpy()
    good = bound >= target
    # The curve runs from low to high thresholds.
    row = table.iloc[int(good.argmax() if good.any() else bound.argmax())]
    needed = int(np.ceil(np.log(1 - LEVEL) / np.log(target)))
    if not good.any():
        log.warning(
            "purity %.4f cannot be shown: the best bound is %.4f; %d targets needed",
            *(target, row["purity_low"], needed),
        )
    return Threshold(
        value=float(row["threshold"]),
        target=target,
        level=LEVEL,
        reached=bool(good.any()),
        purity=float(row["purity"]),
        purity_low=float(row["purity_low"]),
        completeness=float(row["completeness"]),
        called=int(row["called"]),
        quasars=len(np.unique(data.objects[data.truth])),
        needed=needed,
    )


def purity_curve(data: Forecast) -> pd.DataFrame:
    """Return purity and completeness at every threshold, from low to high.

    Returns
    -------
    DataFrame
        ``threshold`` (called: above it; the first, just below the lowest score, calls
        all), ``called`` (targets, in one exposure at least), ``purity`` (share of these
        that are quasars), ``purity_low`` (one-sided), ``completeness`` (mean over
        quasars of the share of their exposures that are called).
    """
    scores = np.unique(data.probability)
    lower = np.append(np.nextafter(scores[0], -np.inf), scores[:-1])
    best = pd.DataFrame({"score": data.probability, "truth": data.truth})
    best = best.groupby(data.objects).max()
    is_qso = best["truth"].to_numpy()
    called = _above(best["score"].to_numpy(), np.ones(len(best)), lower)
    right = _above(best["score"].to_numpy(), is_qso.astype(float), lower)
    found = _above(data.probability, data.weight * data.truth, lower)
    total = (data.weight * data.truth).sum()
    table = {
        "threshold": lower,
        "called": called.astype(np.int64),
        "purity": right / called,
        "purity_low": lower_bound(right, called),
        "completeness": found / total if total else np.full(len(lower), np.nan),
    }
    return pd.DataFrame(table)


def _above(score, weight, thresholds) -> np.ndarray:
    """Return the weight above each threshold."""
    order = np.argsort(score, kind="stable")
    below = np.append(0.0, np.cumsum(weight[order]))
    return below[-1] - below[np.searchsorted(score[order], thresholds, "right")]
