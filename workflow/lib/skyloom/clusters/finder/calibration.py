"""Scores of candidates as probabilities: fitted on fields whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

CLIP = 1e-6  # scores are kept this far from 0 and 1 before a logarithm
KIND = "platt"  # as files of calibrations call it


@dataclass(frozen=True)
class Calibration:
    """A rising function from score to probability: logistic in the score's logit.

    Attributes
    ----------
    slope, intercept : float
        Of the probability's logit against the score's.
    """

    slope: float
    intercept: float

    def apply(self, score: np.ndarray) -> np.ndarray:
        """Return the probabilities of scores.

        Parameters
        ----------
        score : array-like
            In 0..1; NaN stays NaN.
        """
        logit = _logit(np.asarray(score, float))
        return special.expit(self.slope * logit + self.intercept)

    def to_json(self) -> dict:
        """Return plain JSON values."""
        return {"kind": KIND, "numbers": [[self.slope, self.intercept]]}


def calibration_from_json(tree: Mapping) -> Calibration:
    """Return the calibration that `Calibration.to_json` wrote.

    Raises
    ------
    ValueError
        Another kind, or numbers that are no rising function.
    """
    kind, numbers = tree.get("kind"), tree.get("numbers")
    try:
        ((slope, intercept),) = numbers
        known = Calibration(float(slope), float(intercept))
    except (TypeError, ValueError):
        known = Calibration(np.nan, np.nan)
    finite = np.isfinite([known.slope, known.intercept]).all()
    if kind != KIND or not finite or known.slope <= 0:
        msg = f"calibration {kind!r} with {numbers}: expected {KIND!r}, rising"
        raise ValueError(msg)
    return known


def fit_platt(score: np.ndarray, truth: np.ndarray) -> Calibration:
    """Fit probabilities that are logistic in the score's logit.

    Parameters
    ----------
    score : array-like, shape (n,)
        Of candidates, in 0..1.
    truth : array-like of bool, shape (n,)
        Whether each is a cluster.

    Raises
    ------
    ValueError
        Scores out of range, other lengths, or candidates all true or all false.

    Source: Platt 1999, "Probabilistic outputs for support vector machines"; his
    targets, which keep the slope finite where scores part the classes.
    """
    score, truth = _checked(score, truth)
    logit, n_true, n_false = _logit(score), truth.sum(), (~truth).sum()
    high, low = (n_true + 1) / (n_true + 2), 1 / (n_false + 2)
    target = np.where(truth, high, low)

    def loss(parameters):
        # The exponential keeps the function rising.
        value = np.exp(parameters[0]) * logit + parameters[1]
        return float(np.sum(np.logaddexp(0.0, value) - target * value))

    found = optimize.minimize(loss, np.zeros(2), method="Nelder-Mead")
    return Calibration(float(np.exp(found.x[0])), float(found.x[1]))


def calibration_error(
    probability: np.ndarray, truth: np.ndarray, bins: int = 10
) -> float:
    """Return the expected calibration error over bins of equal width.

    Parameters
    ----------
    probability : array-like, shape (n,)
        In 0..1.
    truth : array-like of bool, shape (n,)
        Whether each is a cluster.
    bins : int
        How many.

    Returns
    -------
    float
        Σ |true - expected| over bins, over n. Of few candidates it is never 0.

    Source: Naeini et al. 2015, AAAI, 2901.
    """
    probability, truth = _checked(probability, truth, both=False)
    place = np.minimum((probability * bins).astype(int), bins - 1)
    return float(np.abs(np.bincount(place, truth - probability)).sum() / len(truth))


def _checked(score, truth, *, both: bool = True) -> tuple[np.ndarray, np.ndarray]:
    score, truth = np.asarray(score, float), np.asarray(truth, bool)
    if score.ndim != 1 or score.shape != truth.shape or not len(score):
        msg = f"{score.shape} scores, {truth.shape} truths: expected one each, not none"
        raise ValueError(msg)
    if not ((score >= 0) & (score <= 1)).all():
        msg = "scores must be numbers from 0 to 1"
        raise ValueError(msg)
    if both and truth.all() == truth.any():
        msg = f"all {len(truth)} candidates are {truth[0]}: nothing to calibrate with"
        raise ValueError(msg)
    return score, truth


def _logit(score: np.ndarray) -> np.ndarray:
    return special.logit(np.clip(score, CLIP, 1 - CLIP))
