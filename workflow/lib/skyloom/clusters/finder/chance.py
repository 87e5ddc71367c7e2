"""How much of a list stands above chance, by what is found where no cluster is.

Where the sky has ``r`` detections of a score for each one that a null sky has, the
share ``1 - 1 / r`` of them are clusters. That ratio is fitted as a logistic regression
of the real sky's detections against the null skies', whose odds it is. Source: Elkan
& Noto 2008, "Learning classifiers from only positive and unlabeled data" (KDD, 213);
the ratio is that of the local false discovery rate (Efron et al. 2001, JASA 96, 1151).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from skyloom.stats.intervals import LEVEL

# Standard deviation of the prior of a slope, per standard deviation of its score, and
# of the logarithm of the odds at the scores' means: where all high scores are of the
# real sky, the most likely slope would be infinite.
PRIOR = 5.0
DRAWS = 4000  # of both counts, for the interval of their difference


@dataclass(frozen=True)
class AboveChance:
    """Probability of a detection that it is a cluster; it rises with each score."""

    slopes: tuple[float, ...]
    intercept: float

    def log_ratio(self, scores: np.ndarray) -> np.ndarray:
        """Return ln of the detections per one of a null sky, scores (n, k)."""
        return np.asarray(scores, float) @ np.array(self.slopes) + self.intercept

    def __call__(self, scores: np.ndarray) -> np.ndarray:
        """Return the probabilities of scores of shape (n, k); 0 where chance is all."""
        return np.maximum(-np.expm1(-self.log_ratio(scores)), 0.0)

    def to_json(self) -> dict:
        """Return plain JSON values."""
        return {"slopes": list(self.slopes), "intercept": self.intercept}


def fit_above_chance(real, null, skies: int) -> AboveChance:
    """Fit probabilities by what null skies show.

    Parameters
    ----------
    real, null : array_like, shapes (n, k) and (m, k)
        Scores of the real sky's detections and of those of all null skies; more is
        surer.
    skies : int
        Null skies, each of the real sky's area.

    Raises
    ------
    ValueError
        No detection in the real sky or in the null ones.
    """
    real, null = np.asarray(real, float), np.asarray(null, float)
    if not len(real) or not len(null):
        msg = (
            f"{len(real)} detections in the real sky, {len(null)} in {skies} null ones:"
            " expected some in both, or chance is not known"
        )
        raise ValueError(msg)
    scores = np.concatenate([real, null])
    mean, spread = scores.mean(axis=0), np.maximum(scores.std(axis=0), 1e-6)
    unit = (scores - mean) / spread
    target = np.arange(len(scores)) < len(real)
    weight = np.where(target, 1.0, 1.0 / skies)

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
    return AboveChance(tuple(slopes.tolist()), float(found[-1] - slopes @ mean))


def excess(real: int, null: int, skies: int, rng: np.random.Generator) -> dict:
    """Return how many detections a sky has above chance: ``value, low, high``.

    The interval is that of two Poisson counts, drawn from their Jeffreys posteriors.
    """
    tail = (1 - LEVEL) / 2
    drawn = rng.gamma(real + 0.5, 1, DRAWS) - rng.gamma(null + 0.5, 1, DRAWS) / skies
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return {"value": real - null / skies, "low": float(low), "high": float(high)}


def pure_from(probability: np.ndarray, purity: float) -> float | None:
    """Return the least probability down to which a list is as pure as asked for.

    Its purity is the mean of its probabilities. None where not even the surest is.
    """
    falling = np.sort(np.asarray(probability, float))[::-1]
    mean = np.cumsum(falling) / np.arange(1, len(falling) + 1)
    good = np.flatnonzero(mean >= purity)
    return float(falling[good[-1]]) if len(good) else None
