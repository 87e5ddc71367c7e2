"""What labels buy: learning curves of query strategies against random, paired by seed.

A run is one (strategy, seed): its scores after each number of labels. Strategies of one
seed share everything but the query: the pool, the first labels, the test set. So the
seed's luck cancels in their difference, and intervals are of that difference.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from skyloom.quasars.evaluate.proportions import LEVEL

COLUMNS = ("strategy", "seed", "n_labels", "score")
BASELINE = "random"


def checked(runs: pd.DataFrame, baseline: str = BASELINE) -> pd.DataFrame:
    """Return the runs, sorted, if they can be compared.

    Parameters
    ----------
    runs : DataFrame
        `COLUMNS`; any score of which more is better.
    baseline : str
        What the others are measured against.

    Raises
    ------
    ValueError
        A missing column, a point that stands twice or is not finite, no baseline, or a
        run without its pair in the baseline: with seeds or labels of its own.
    """
    missing = [name for name in COLUMNS if name not in runs]
    if missing:
        msg = f"runs have no column {missing}"
        raise ValueError(msg)
    runs = runs[list(COLUMNS)].sort_values(list(COLUMNS[:3])).reset_index(drop=True)
    twice = runs.duplicated(list(COLUMNS[:3]))
    wrong = twice | ~np.isfinite(runs["score"].astype(float))
    if wrong.any():
        msg = f"point {runs[wrong].iloc[0].tolist()} stands twice or has no score"
        raise ValueError(msg)
    points = {k: _points(part) for k, part in runs.groupby("strategy")}
    if baseline not in points:
        msg = f"no run of {baseline!r} among {sorted(points)}"
        raise ValueError(msg)
    for name, own in points.items():
        if own != points[baseline]:
            alone = sorted(own ^ points[baseline])[0]
            msg = f"{name!r} and {baseline!r}: (seed, n_labels) {alone} in one only"
            raise ValueError(msg)
    return runs


def curves(runs: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """Return the mean score over seeds with its t interval.

    Returns
    -------
    DataFrame
        ``strategy, n_labels, seeds, value, low, high``; the ends are NaN of one seed.
    """
    rows = []
    for (name, n), part in runs.groupby(["strategy", "n_labels"]):
        rows.append((name, n, *_mean(part["score"].to_numpy(float), level)))
    return pd.DataFrame(rows, columns=_names("strategy", "n_labels"))


def differences(
    runs: pd.DataFrame, baseline: str = BASELINE, level: float = LEVEL
) -> pd.DataFrame:
    """Return the gain of each strategy over the baseline at equal labels and seed.

    Parameters
    ----------
    runs : DataFrame
        See `checked`.
    baseline : str
        What the others are measured against.
    level : float
        Of the t intervals over seeds.

    Returns
    -------
    DataFrame
        ``strategy, n_labels, seeds, value, low, high, wins``: mean of the paired
        differences, its interval, and how many seeds gain.
    """
    rows = []
    for name, gained in _paired(runs, baseline).items():
        for n in gained.columns:
            each = gained[n].to_numpy(float)
            rows.append((name, n, *_mean(each, level), int((each > 0).sum())))
    return pd.DataFrame(rows, columns=[*_names("strategy", "n_labels"), "wins"])


def gains(
    runs: pd.DataFrame, baseline: str = BASELINE, level: float = LEVEL
) -> pd.DataFrame:
    """Return one number a strategy: its gain averaged over the curve.

    The start, up to where all seeds have the same score as the baseline's, does not
    count. Between points the gain is taken as straight (trapezes).

    Returns
    -------
    DataFrame
        ``strategy, seeds, value, low, high, wins, p, verdict``: p of a paired t test,
        after Holm for the strategies compared; ``better``, ``worse``, or ``not
        shown``, by whether it is below 1 - level.
    """
    rows = []
    for name, gained in _paired(runs, baseline).items():
        area = _area(gained)
        rows.append((name, *_mean(area, level), int((area > 0).sum()), _p_value(area)))
    names = [*_names("strategy"), "wins", "p"]
    table = pd.DataFrame(rows, columns=names)
    table["p"] = holm(table["p"].to_numpy(float))
    shown = table["p"] < 1 - level
    verdict = np.where(table["value"] > 0, "better", "worse")
    return table.assign(verdict=np.where(shown, verdict, "not shown"))


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values adjusted for their number; NaN stays. Holm 1979, SJS 6, 65."""
    out = np.full(len(p), np.nan)
    good = np.flatnonzero(np.isfinite(p))
    order = good[np.argsort(p[good], kind="stable")]
    scaled = p[order] * np.arange(len(order), 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return out


def _points(part: pd.DataFrame) -> set[tuple[int, int]]:
    return set(zip(part["seed"].tolist(), part["n_labels"].tolist(), strict=True))


def _paired(runs: pd.DataFrame, baseline: str) -> dict[str, pd.DataFrame]:
    """Return by strategy the differences, a row a seed, a column a number of labels."""
    runs = checked(runs, baseline)
    grids = {
        name: part.pivot(index="seed", columns="n_labels", values="score")
        for name, part in runs.groupby("strategy")
    }
    base = grids.pop(baseline)
    return {name: grid - base for name, grid in grids.items()}


def _mean(values: np.ndarray, level: float) -> tuple[int, float, float, float]:
    n, mean = len(values), float(values.mean())
    if n < 2:
        return n, mean, np.nan, np.nan
    error = values.std(ddof=1) / np.sqrt(n)
    half = float(stats.t.ppf(0.5 + level / 2, n - 1) * error)
    return n, mean, mean - half, mean + half


def _p_value(values: np.ndarray) -> float:
    n = len(values)
    if n < 2:
        return np.nan
    error = values.std(ddof=1) / np.sqrt(n)
    if error == 0:
        return 1.0 if values.mean() == 0 else 0.0
    return float(2 * stats.t.sf(abs(values.mean()) / error, n - 1))


def _area(gained: pd.DataFrame) -> np.ndarray:
    apart = (gained != 0).any(axis=0).to_numpy()
    gained = gained.iloc[:, int(apart.argmax()) if apart.any() else 0 :]
    n = gained.columns.to_numpy(float)
    if n.size < 2:
        return gained.to_numpy(float)[:, 0]
    return np.trapezoid(gained.to_numpy(float), n, axis=1) / (n[-1] - n[0])


def _names(*first: str) -> list[str]:
    return [*first, "seeds", "value", "low", "high"]
