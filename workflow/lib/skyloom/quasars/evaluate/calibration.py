"""Scores that mean what they say: calibrated to probabilities, and how well.

Samples are those of `skyloom.quasars.evaluate.thresholds`, out of bag.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
from scipy import optimize, special

from skyloom.quasars.evaluate.proportions import LEVEL, share
from skyloom.quasars.evaluate.redshifts import interval, resampled
from skyloom.quasars.evaluate.thresholds import Sample

CLIP = 1e-6  # probabilities are kept this far from 0 and 1 before a logarithm
BINS = 10
DRAWS = 200

Calibration = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Temperature:
    """Probabilities whose logit is that of the score, over `kelvin`, plus `shift`."""

    kelvin: float
    shift: float

    def __call__(self, score) -> np.ndarray:
        """Return probabilities, NaN of NaN."""
        return special.expit(_logit(score) / self.kelvin + self.shift)

    def to_json(self) -> dict:
        """Return plain JSON values."""
        return asdict(self)


def fit_temperature(data: Sample) -> Temperature:
    """Return the temperature and shift of the largest likelihood; scores in 0..1.

    Source: Platt 1999; Guo et al. 2017, arXiv 1706.04599.
    """
    logit, weight = _logit(data.score), data.weight
    sign = np.where(data.truth, 1.0, -1.0)

    def loss(parameters):
        value = sign * (logit * np.exp(-parameters[0]) + parameters[1])
        # A weak pull to (1, 0) keeps both finite where scores part the classes.
        prior = 0.5 * np.sum((parameters / 5.0) ** 2)
        return float(np.sum(weight * np.logaddexp(0.0, -value)) + prior)

    found = optimize.minimize(loss, np.zeros(2), method="Nelder-Mead")
    return Temperature(float(np.exp(found.x[0])), float(found.x[1]))


def reliability(data: Sample, bins: int = BINS, level: float = LEVEL) -> pd.DataFrame:
    """Return how often the truth is yes in bins of the score, equal in width over 0..1.

    Returns
    -------
    DataFrame
        ``from, to, rows, targets, score`` (mean), ``value, low, high`` (share that are
        quasars, Wilson); empty bins are left out.
    """
    place = _bins(data.score, bins)
    rows = []
    for k in np.unique(place):
        part = data.part(place == k)
        found = share(part.truth, part.targetid, level)
        mean = float(np.average(part.score, weights=part.weight))
        counts = (found.rows, found.targets, mean)
        rows.append(
            (k / bins, (k + 1) / bins, *counts, found.value, found.low, found.high)
        )
    names = ["from", "to", "rows", "targets", "score", "value", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def calibration_error(
    data: Sample, rng: np.random.Generator, bins: int = BINS, level: float = LEVEL
) -> dict:
    """Return the expected calibration error, Σ |quasars - score| over bins.

    Returns
    -------
    dict
        ``value``, with ``low`` and ``high`` by a bootstrap of targets; ``if_right``:
        what the same scores would give on average if they were true probabilities.
        The error is a sum of absolute values: of few targets it is never 0.

    Source: Naeini et al. 2015, AAAI, 2901.
    """
    draws = [_ece(data.part(r), bins) for r in resampled(data.targetid, DRAWS, rng)]
    chance = np.clip(data.score, 0, 1)
    # One lot a target: its exposures are of one truth.
    _, place = np.unique(data.targetid, return_inverse=True)
    lots = [rng.random(place.max() + 1)[place] < chance for _ in range(DRAWS)]
    right = [_ece(replace(data, truth=lot), bins) for lot in lots]
    return interval(_ece(data, bins), draws, level) | {
        "if_right": float(np.mean(right))
    }


def cross_calibrated(
    data: Sample,
    fit: Callable[[Sample], Calibration],
    folds: int,
    rng: np.random.Generator,
) -> Sample:
    """Return the scores as calibrated on other targets: for an honest diagram.

    Parameters
    ----------
    data : Sample
        Scores.
    fit : callable
        Such as `fit_temperature`.
    folds : int
        Parts into which targets are drawn, 2 or more.
    rng : Generator
        For the draw.
    """
    names, place = np.unique(data.targetid, return_inverse=True)
    if not 2 <= folds <= len(names):
        msg = f"{folds} folds of {len(names)} targets: expected 2 to {len(names)}"
        raise ValueError(msg)
    fold = (rng.permutation(len(names)) % folds)[place]
    score = np.empty(len(data.score))
    for k in range(folds):
        score[fold == k] = fit(data.part(fold != k))(data.score[fold == k])
    return replace(data, score=score)


def _ece(data: Sample, bins: int) -> float:
    gap = data.weight * (data.truth - data.score)
    binned = np.bincount(_bins(data.score, bins), gap)
    return float(np.abs(binned).sum() / data.weight.sum())


def _bins(score: np.ndarray, bins: int) -> np.ndarray:
    return np.clip((score * bins).astype(np.int64), 0, bins - 1)


def _logit(score) -> np.ndarray:
    return special.logit(np.clip(np.asarray(score, np.float64), CLIP, 1 - CLIP))
