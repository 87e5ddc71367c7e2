"""Bootstraps of whole objects: rows of one object are drawn together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from skyloom.stats.intervals import LEVEL

DRAWS = 500


def times(objects: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each draw has each object, int of shape (draws, objects)."""
    if not objects:
        return np.zeros((draws, 0), int)
    return rng.multinomial(objects, np.full(objects, 1 / objects), draws)


def resampled(objects, draws: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the row numbers of each draw.

    Parameters
    ----------
    objects : array_like, shape (n,)
        Whose row it is.
    draws : int
        How many.
    rng : Generator
        For the draws.
    """
    names, place = np.unique(np.asarray(objects), return_inverse=True)
    rows = np.arange(len(place))
    for drawn in times(len(names), draws, rng):
        yield np.repeat(rows, drawn[place])


def bootstrap(
    statistic: Callable[[np.ndarray], float],
    values: np.ndarray,
    rng: np.random.Generator,
    *,
    objects=None,
    draws: int = DRAWS,
    level: float = LEVEL,
) -> dict:
    """Return a statistic with its `interval` over draws of objects.

    Parameters
    ----------
    statistic : callable
        Of some rows of `values`.
    values : ndarray, shape (n, ...)
        What was measured; where two things are compared, pairs of them.
    rng : Generator
        For the draws.
    objects : array_like, shape (n,), optional
        Whose row it is; each row is its own object if not given.
    draws, level
        How many draws, and the probability inside.
    """
    if not len(values):
        return interval(np.nan, [])
    objects = np.arange(len(values)) if objects is None else objects
    drawn = [statistic(values[rows]) for rows in resampled(objects, draws, rng)]
    return interval(statistic(values), drawn, level)


def interval(value: float, draws, level: float = LEVEL) -> dict:
    """Return {value, low, high}: a value and the percentiles of its draws.

    Draws that are not finite (nothing was drawn to measure) are left out. What is not
    known is None, as in JSON.
    """
    draws = np.asarray(draws, np.float64)
    draws = draws[np.isfinite(draws)]
    tail = (1 - level) / 2
    ends = np.quantile(draws, [tail, 1 - tail]).tolist() if len(draws) else [None] * 2
    known = float(value) if np.isfinite(value) else None
    return {"value": known, "low": ends[0], "high": ends[1]}
