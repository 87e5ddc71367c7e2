"""Whether probabilities mean what they say: of tiles, and of a catalogue.

All sums are kept by field, because tiles of a field are not independent: intervals
are those of a bootstrap of fields.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skyloom.clusters.evaluation.intervals import LEVEL, percentiles
from skyloom.clusters.evaluation.judge import NONE, Judged

BINS = 10
DRAWS = 500
BINNINGS = ("width", "count")


@dataclass(frozen=True)
class Forecast:
    """Probabilities and what came true, flat.

    Attributes
    ----------
    probability : ndarray, shape (n,)
        0 to 1.
    truth : ndarray of bool, shape (n,)
        What it was the probability of.
    field : ndarray, shape (n,)
        Where each is from.
    """

    probability: np.ndarray
    truth: np.ndarray
    field: np.ndarray


def of_tiles(probability, truth, valid=None, field=None) -> Forecast:
    """Return the forecast of tile maps.

    Parameters
    ----------
    probability : array_like, shape (fields, nt, nt)
        Of each tile.
    truth : array_like of bool, same shape
        What is true of it.
    valid : array_like of bool, same shape, optional
        False where a tile has no sky; such tiles are left out.
    field : array_like, shape (fields,), optional
        Names of the fields; their numbers if not given.

    Raises
    ------
    ValueError
        Shapes that differ, or a probability outside 0..1.
    """
    p, truth = np.asarray(probability, np.float64), np.asarray(truth, bool)
    valid = np.ones(p.shape, bool) if valid is None else np.asarray(valid, bool)
    if p.ndim < 1 or p.shape != truth.shape or p.shape != valid.shape:
        msg = f"tiles of shapes {p.shape}, {truth.shape}, {valid.shape} differ"
        raise ValueError(msg)
    names = np.arange(len(p)) if field is None else np.asarray(field)
    names = np.broadcast_to(names.reshape(-1, *(1,) * (p.ndim - 1)), p.shape)
    return _checked(Forecast(p[valid], truth[valid], names[valid]))


def of_catalogue(judged: Judged) -> Forecast:
    """Return the forecast of detections on valid sky: that each is a cluster."""
    found = judged.found[judged.found["VALID"]]
    truth = (found["TRUTH"] != NONE).to_numpy()
    score = found["SCORE"].to_numpy(np.float64)
    return _checked(Forecast(score, truth, found["FIELD"].to_numpy()))


def reliability(
    data: Forecast,
    rng: np.random.Generator,
    *,
    binning: str = "width",
    bins: int = BINS,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Return how often it is true, in bins of the probability.

    Parameters
    ----------
    data : Forecast
        Probabilities and truths.
    rng : Generator
        For the bootstrap of fields.
    binning : str
        ``width`` for bins of equal width over 0..1, ``count`` for bins of about
        equal numbers (equal probabilities stay together).
    bins : int
        How many.
    level : float
        Probability inside intervals.

    Returns
    -------
    DataFrame
        A row a bin that is not empty: ``from, to, n, score`` (mean probability),
        ``value`` (share that is true), ``low, high`` by bootstrap of fields.
    """
    edges = _edges(data, binning, bins)
    sums = _sums(data, edges)
    total = sums.sum(axis=0)
    drawn = np.tensordot(_times(len(sums), rng), sums, 1)
    shares = _ratio(drawn[..., 2], drawn[..., 0])
    rows = [
        {"from": edges[k], "to": edges[k + 1], "n": int(n), "score": p / n}
        | percentiles(float(true / n), shares[:, k], level)
        for k, (n, p, true, _) in enumerate(total)
        if n
    ]
    names = ["from", "to", "n", "score", "value", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def calibration_error(
    data: Forecast,
    rng: np.random.Generator,
    *,
    binning: str = "width",
    bins: int = BINS,
    level: float = LEVEL,
) -> dict:
    """Return the expected calibration error: the mean of |share - probability|.

    Returns
    -------
    dict
        ``value, low, high``; ``if_right``: what it would be on average, were the
        probabilities true and tiles independent. A sum of absolute values is never 0
        of few tiles.

    Source: Naeini et al. 2015, AAAI, 2901.
    """
    sums = _sums(data, _edges(data, binning, bins))
    drawn = np.tensordot(_times(len(sums), rng), sums, 1)
    total = sums.sum(axis=0, keepdims=True)
    # Mean absolute value of a normal deviate of the binomials' summed variance.
    spread = np.sqrt(2 / np.pi * _variance(data, _edges(data, binning, bins)))
    right = float(spread.sum() / max(len(data.truth), 1))
    value = float(_ece(total)[0])
    return percentiles(value, _ece(drawn), level) | {"if_right": right}


def brier(data: Forecast, rng: np.random.Generator, level: float = LEVEL) -> dict:
    """Return the mean squared error of probabilities.

    Returns
    -------
    dict
        ``value, low, high``; ``constant``: that of the prevalence told of each.

    Source: Brier 1950, Monthly Weather Review 78, 1.
    """
    sums = _sums(data, np.array([0.0, 1.0]))[:, 0]
    drawn = _times(len(sums), rng) @ sums
    total = sums.sum(axis=0)
    n = max(total[0], 1)
    value = total[3] / n if total[0] else np.nan
    known = total[2] / n
    draws = _ratio(drawn[:, 3], drawn[:, 0])
    return percentiles(value, draws, level) | {"constant": float(known * (1 - known))}


def report(data: Forecast, rng: np.random.Generator) -> dict:
    """Return calibration errors of both binnings, Brier and prevalence, as JSON."""
    errors = {f"ece_{b}": calibration_error(data, rng, binning=b) for b in BINNINGS}
    share = float(data.truth.mean()) if len(data.truth) else None
    counts = {"n": len(data.truth), "fields": len(np.unique(data.field))}
    return counts | {"prevalence": share, "brier": brier(data, rng)} | errors


def _checked(data: Forecast) -> Forecast:
    p = data.probability
    bad = ~((p >= 0) & (p <= 1))
    if bad.any():
        msg = f"probability {p[bad][0]}: expected numbers from 0 to 1"
        raise ValueError(msg)
    return data


def _edges(data: Forecast, binning: str, bins: int) -> np.ndarray:
    if binning not in BINNINGS or bins < 1:
        msg = f"{bins} bins of {binning!r}: expected 1 or more of {BINNINGS}"
        raise ValueError(msg)
    if binning == "width" or not len(data.probability):
        return np.linspace(0, 1, bins + 1)
    inner = np.quantile(data.probability, np.arange(1, bins) / bins)
    return np.unique([0.0, *inner, 1.0])


def _bin(data: Forecast, edges: np.ndarray) -> np.ndarray:
    place = np.searchsorted(edges, data.probability, "right") - 1
    return np.minimum(place, len(edges) - 2)


def _sums(data: Forecast, edges: np.ndarray) -> np.ndarray:
    """Return n, sum p, sum true, sum (p - true)^2 by field and bin."""
    fields, of = np.unique(data.field, return_inverse=True)
    p, true = data.probability, data.truth.astype(np.float64)
    shape = (len(fields), len(edges) - 1)
    cell = of * shape[1] + _bin(data, edges)
    weights = (None, p, true, (p - true) ** 2)
    parts = [np.bincount(cell, w, shape[0] * shape[1]) for w in weights]
    return np.stack(parts, axis=-1).reshape(*shape, 4).astype(np.float64)


def _variance(data: Forecast, edges: np.ndarray) -> np.ndarray:
    p = data.probability
    return np.bincount(_bin(data, edges), p * (1 - p), len(edges) - 1)


def _ece(sums: np.ndarray) -> np.ndarray:
    """Return the error of sums of shape (draws, bins, 4)."""
    gap = np.abs(sums[..., 2] - sums[..., 1]).sum(axis=-1)
    return _ratio(gap, sums[..., 0].sum(axis=-1))


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, np.full(top.shape, np.nan), where=bottom > 0)


def _times(fields: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each draw has each field, shape (draws, fields)."""
    if not fields:
        return np.zeros((0, 0))
    return rng.multinomial(fields, np.full(fields, 1 / fields), DRAWS).astype(float)
