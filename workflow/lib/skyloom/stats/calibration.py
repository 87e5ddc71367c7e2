"""Scores as probabilities: fitted (Platt), and judged (reliability, its error, Brier).

Sources: Platt 1999, "Probabilistic outputs for support vector machines"; expected
calibration error: Naeini et al. 2015, AAAI, 2901; Brier 1950, Monthly Weather Review
78, 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special

from skyloom.stats.bootstrap import interval, times
from skyloom.stats.intervals import share

CLIP = 1e-6  # scores are kept this far from 0 and 1 before a logarithm
KIND = "platt"  # as files of calibrations call it
SLOPES = (1e-3, 1e3)  # of a line from logit to logit: it rises
BINS = 10
DRAWS = 500
BINNINGS = ("width", "count")


@dataclass(frozen=True)
class Platt:
    """A rising function from score to probability: a line from logit to logit."""

    slope: float
    intercept: float

    def __call__(self, score) -> np.ndarray:
        """Return the probabilities of scores in 0..1; NaN stays NaN."""
        return special.expit(self.slope * logit(score) + self.intercept)

    def to_json(self) -> dict:
        """Return plain JSON values."""
        return {"kind": KIND, "numbers": [[self.slope, self.intercept]]}


def platt_from_json(tree: Mapping) -> Platt:
    """Return what `Platt.to_json` wrote.

    ValueError for another kind, or numbers that are no rising function.
    """
    kind, numbers = tree.get("kind"), tree.get("numbers")
    try:
        ((slope, intercept),) = numbers
        known = Platt(float(slope), float(intercept))
    except (TypeError, ValueError):
        known = Platt(np.nan, np.nan)
    finite = np.isfinite([known.slope, known.intercept]).all()
    if kind != KIND or not finite or known.slope <= 0:
        msg = f"calibration {kind!r} with {numbers}: expected {KIND!r}, rising"
        raise ValueError(msg)
    return known


def logit(score) -> np.ndarray:
    """Return the logit of scores, kept `CLIP` away from 0 and 1."""
    return special.logit(np.clip(np.asarray(score, np.float64), CLIP, 1 - CLIP))


def fit_platt(score, truth, weight=None) -> Platt:
    """Fit probabilities that are logistic in the score's logit.

    Parameters
    ----------
    score : array_like, shape (n,)
        In 0..1.
    truth : array_like of bool, shape (n,)
        What it is a score of.
    weight : array_like, shape (n,), optional
        Of each; 1 if not given.

    Raises
    ------
    ValueError
        Scores out of range, other lengths, or all true or all false.
    """
    score, truth = _checked(score, truth)
    if truth.all() == truth.any():
        msg = f"all {len(truth)} candidates are {truth[0]}: nothing to calibrate with"
        raise ValueError(msg)
    weight = np.ones(len(truth)) if weight is None else np.asarray(weight, np.float64)
    yes, no = weight[truth].sum(), weight[~truth].sum()
    # Platt's targets keep the line finite where scores part the classes.
    target = np.where(truth, (yes + 1) / (yes + 2), 1 / (no + 2))
    return Platt(*fit_line(logit(score), target, weight))


def cross_fitted(score, truth, fold, weight=None) -> np.ndarray | None:
    """Return probabilities, each as `fit_platt` has it from the other folds alone.

    None where the others of a fold are all true or all false. Scores that depend on one
    another, such as those of a field, belong in one ``fold``; arrays of shape (n,).
    """
    score, truth, fold = np.asarray(score), np.asarray(truth, bool), np.asarray(fold)
    weight = np.ones(len(score)) if weight is None else weight
    known = np.empty(len(score))
    for own in (fold == k for k in np.unique(fold)):
        if truth[~own].all() or not truth[~own].any():
            return None
        known[own] = fit_platt(score[~own], truth[~own], weight[~own])(score[own])
    return known


def fit_line(logits, target, weight=None, slopes=SLOPES) -> tuple[float, float]:
    """Return slope (within `slopes`) and offset of the most likely logistic line.

    Targets are what is true, 0 or 1, or how probable that is; they must not all be 0 or
    all be 1.
    """
    logits, target = np.asarray(logits, np.float64), np.asarray(target, np.float64)
    weight = np.ones(len(target)) if weight is None else weight
    total = np.sum(weight)

    def loss(line):
        value = line[0] * logits + line[1]
        entropy = weight * (np.logaddexp(0, value) - target * value)
        error = weight * (special.expit(value) - target)
        slope = np.array([error @ logits, error.sum()])
        return entropy.sum() / total, slope / total

    bounds = (slopes, (None, None))
    found = optimize.minimize(loss, (1.0, 0.0), jac=True, bounds=bounds)
    return float(found.x[0]), float(found.x[1])


@dataclass(frozen=True)
class Forecast:
    """Probabilities and what came true.

    Attributes
    ----------
    probability : ndarray, shape (n,)
        0 to 1.
    truth : ndarray of bool, shape (n,)
        What it was the probability of.
    objects : ndarray, shape (n,)
        Whose rows they are (a field, a target): these are independent, rows are not.
    weight : ndarray, shape (n,), optional
        Trials that a row is: 1 / k of each of the k exposures of a target.
    """

    probability: np.ndarray
    truth: np.ndarray
    objects: np.ndarray
    weight: np.ndarray | None = None

    def __post_init__(self):
        _checked(self.probability, self.truth, empty=True)

    @property
    def trials(self) -> np.ndarray:
        """The weight of each row."""
        return np.ones(len(self.truth)) if self.weight is None else self.weight


def reliability(
    data: Forecast,
    rng: np.random.Generator | None = None,
    *,
    binning: str = "width",
) -> pd.DataFrame:
    """Return how often it is true, in bins of the probability.

    Parameters
    ----------
    data : Forecast
        Probabilities and truths.
    rng : Generator, optional
        For a bootstrap of objects; if not given, intervals are those of shares of as
        many trials as weights add up to.
    binning : str
        Ten bins of equal ``width`` over 0..1, or of about equal ``count`` (equal
        probabilities stay together).

    Returns
    -------
    DataFrame
        A row a bin that is not empty: ``from, to, n`` (trials), ``score`` (mean
        probability), ``value`` (share that is true), ``low, high``.
    """
    edges = _edges(data, binning)
    sums = _sums(data, edges)
    n, p, true, _ = sums.sum(axis=0).T
    table = {"from": edges[:-1], "to": edges[1:], "n": n, "score": _ratio(p, n)}
    # Sums of weights miss whole numbers by their last digits.
    found = share(np.minimum(true, n), n)
    table |= {name: found[name] for name in ("value", "low", "high")}
    if rng is not None:
        drawn = np.tensordot(times(len(sums), DRAWS, rng), sums, 1)
        shares = _ratio(drawn[..., 2], drawn[..., 0]).T
        ends = [interval(*one) for one in zip(table["value"], shares, strict=True)]
        table |= {name: [one[name] for one in ends] for name in ("low", "high")}
    return pd.DataFrame(table)[n > 0].reset_index(drop=True)


def calibration_error(
    data: Forecast,
    rng: np.random.Generator,
    *,
    binning: str = "width",
) -> dict:
    """Return the expected calibration error: the mean of |share - probability|.

    Returns
    -------
    dict
        ``value``, and ``low, high`` by a bootstrap of objects; ``if_right``: what it
        would be on average, were the probabilities true and trials independent. A sum
        of absolute values is never 0 of few trials.
    """
    edges = _edges(data, binning)
    sums = _sums(data, edges)
    drawn = np.tensordot(times(len(sums), DRAWS, rng), sums, 1)
    value = float(_ece(sums.sum(axis=0)))
    # Mean absolute value of a normal deviate of the binomials' summed variance.
    p, weight = data.probability, data.trials
    variance = np.bincount(_bin(data, edges), weight * p * (1 - p))
    right = np.sqrt(2 / np.pi * variance).sum() / max(weight.sum(), 1)
    return interval(value, _ece(drawn)) | {"if_right": float(right)}


def expected_error(probability, truth) -> float:
    """Return the value of `calibration_error`, of bins of equal width."""
    p, truth = _checked(probability, truth)
    data = Forecast(p, truth, np.zeros(len(p), int))
    return float(_ece(_sums(data, np.linspace(0, 1, BINS + 1)))[0])


def brier(data: Forecast, rng: np.random.Generator) -> dict:
    """Return the mean squared error: ``value, low, high``, and of a ``constant``.

    The constant is the prevalence, told of each.
    """
    sums = _sums(data, np.array([0.0, 1.0]))[:, 0]
    drawn = times(len(sums), DRAWS, rng) @ sums
    n, _, true, squares = sums.sum(axis=0)
    known = true / max(n, 1)
    found = interval(_ratio(squares, n), _ratio(drawn[:, 3], drawn[:, 0]))
    return found | {"constant": float(known * (1 - known))}


def _checked(score, truth, *, empty: bool = False) -> tuple[np.ndarray, np.ndarray]:
    score, truth = np.asarray(score, np.float64), np.asarray(truth, bool)
    if score.ndim != 1 or score.shape != truth.shape or not (empty or len(score)):
        msg = f"{score.shape} scores, {truth.shape} truths: expected one each, not none"
        raise ValueError(msg)
    bad = ~((score >= 0) & (score <= 1))
    if bad.any():
        msg = f"probability {score[bad][0]}: expected numbers from 0 to 1"
        raise ValueError(msg)
    return score, truth


def _edges(data: Forecast, binning: str) -> np.ndarray:
    if binning not in BINNINGS:
        msg = f"bins of {binning!r}: expected one of {BINNINGS}"
        raise ValueError(msg)
    if binning == "width" or not len(data.probability):
        return np.linspace(0, 1, BINS + 1)
    inner = np.quantile(data.probability, np.arange(1, BINS) / BINS)
    return np.unique([0.0, *inner, 1.0])


def _bin(data: Forecast, edges: np.ndarray) -> np.ndarray:
    place = np.searchsorted(edges, data.probability, "right") - 1
    return np.minimum(place, len(edges) - 2)


def _sums(data: Forecast, edges: np.ndarray) -> np.ndarray:
    """Return n, sum p, sum true, sum (p - true)^2 by object and bin."""
    objects, of = np.unique(data.objects, return_inverse=True)
    p, true = data.probability, np.asarray(data.truth, np.float64)
    shape = (len(objects), len(edges) - 1)
    cell = of * shape[1] + _bin(data, edges)
    values = (np.ones(len(p)), p, true, (p - true) ** 2)
    parts = [np.bincount(cell, data.trials * v, shape[0] * shape[1]) for v in values]
    return np.stack(parts, axis=-1).reshape(*shape, 4)


def _ece(sums: np.ndarray) -> np.ndarray:
    """Return the error of sums of shape (..., bins, 4)."""
    gap = np.abs(sums[..., 2] - sums[..., 1]).sum(axis=-1)
    return _ratio(gap, sums[..., 0].sum(axis=-1))


def _ratio(top, bottom) -> np.ndarray:
    top, bottom = np.asarray(top, np.float64), np.asarray(bottom, np.float64)
    return np.divide(top, bottom, np.full(top.shape, np.nan), where=bottom > 0)
