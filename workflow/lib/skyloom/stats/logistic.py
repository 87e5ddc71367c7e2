"""Several scores as one probability: a logistic line that rises with each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

# Standard deviation of the prior of a slope, per standard deviation of its score (one
# at least, as scores are logarithms of odds), and of the log odds at the scores' means:
# where scores part what is true from what is not, the most likely slope is infinite.
PRIOR = 5.0


@dataclass(frozen=True)
class Logistic:
    """Log odds that are linear in scores, and no slope of them falls."""

    slopes: tuple[float, ...]
    intercept: float

    def log_odds(self, scores: np.ndarray) -> np.ndarray:
        """Return the log odds of scores of shape (n, k)."""
        return np.asarray(scores, float) @ np.array(self.slopes) + self.intercept

    def __call__(self, scores: np.ndarray) -> np.ndarray:
        """Return the probabilities of scores of shape (n, k)."""
        return special.expit(self.log_odds(scores))

    def to_json(self) -> dict:
        """Return plain JSON values."""
        return {"slopes": list(self.slopes), "intercept": self.intercept}


def logistic_from_json(tree: Mapping, size: int) -> Logistic:
    """Return what `Logistic.to_json` wrote, of so many scores.

    ValueError for anything else, or a slope that falls.
    """
    try:
        slopes = tuple(float(slope) for slope in tree["slopes"])
        known = Logistic(slopes, float(tree["intercept"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        known = Logistic((), np.nan)
    numbers = [*known.slopes, known.intercept]
    right = len(known.slopes) == size and np.isfinite(numbers).all()
    if not right or min(known.slopes) < 0:
        shown = str(dict(tree) if isinstance(tree, Mapping) else tree)[:80]
        msg = f"calibration {shown}: expected {size} slopes from 0 on and an intercept"
        raise ValueError(msg)
    return known


def fit_logistic(scores, target, weight=None) -> Logistic:
    """Fit the probability that something is true to its scores.

    Parameters
    ----------
    scores : array_like, shape (n, k)
        More is surer.
    target : array_like, shape (n,)
        What is true, 0 or 1.
    weight : array_like, shape (n,), optional
        Of each; 1 if not given.

    Raises
    ------
    ValueError
        Nothing to fit to.
    """
    scores, target = np.asarray(scores, float), np.asarray(target, float)
    if not len(scores):
        msg = "no score: nothing to fit a probability to"
        raise ValueError(msg)
    mean, spread = scores.mean(axis=0), np.maximum(scores.std(axis=0), 1.0)
    unit = (scores - mean) / spread
    weight = np.ones(len(scores)) if weight is None else np.asarray(weight, float)

    def loss(line):
        value = unit @ line[:-1] + line[-1]
        entropy = weight * (np.logaddexp(0, value) - target * value)
        error = weight * (special.expit(value) - target)
        slope = np.append(unit.T @ error, error.sum())
        return (entropy.sum() + line @ line / PRIOR**2 / 2, slope + line / PRIOR**2)

    start = np.zeros(scores.shape[1] + 1)
    bounds = [(0.0, None)] * scores.shape[1] + [(None, None)]
    found = optimize.minimize(loss, start, jac=True, bounds=bounds).x
    slopes = found[:-1] / spread
    return Logistic(tuple(slopes.tolist()), float(found[-1] - slopes @ mean))
