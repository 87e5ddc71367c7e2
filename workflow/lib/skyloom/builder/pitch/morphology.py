"""Tests of pitch angles against bulge and bar strength.

Each posterior draw of the pitch angles is tested, so the answer carries their
uncertainty; correlations use the posterior means.

Source: Lingard et al. 2021, MNRAS 504, 3364, section 3.2; bulge strength from votes:
Masters et al. 2019, MNRAS 487, 1808, eq. 1; k-sample test: Scholz & Stephens 1987,
J. Am. Stat. Assoc. 82, 918.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy import stats

from skyloom.stats.bootstrap import interval

BULGE_SPLIT = 0.28
BAR_LIMITS = (0.2, 0.5)
LEVEL = 0.01
MIN_GROUP = 4


def bulge_strength(noticeable, obvious, dominant) -> np.ndarray:
    """Return the mean bulge prominence of Galaxy Zoo 2 vote fractions, 0 to 1."""
    return 0.2 * noticeable + 0.8 * obvious + 1.0 * dominant


def bulge_group(strength, split: float = BULGE_SPLIT) -> np.ndarray:
    """Name each galaxy "disk" (below `split`), "bulge", or "" where unknown."""
    return _cut(strength, [split], ["disk", "bulge"])


def bar_group(probability, limits: Sequence[float] = BAR_LIMITS) -> np.ndarray:
    """Name each galaxy "none", "weak" or "strong" by its bar, "" where unknown."""
    return _cut(probability, limits, ["none", "weak", "strong"])


def morphology_test(
    draws, strength, groups, rng, *, n_draws: int, n_resamples: int
) -> dict:
    """Test pitch angles against one measure of morphology.

    Parameters
    ----------
    draws : ndarray, shape (n_posterior, n)
        Pitch angles of galaxies, or of arms [deg].
    strength : ndarray, shape (n,)
        Bulge or bar strength; NaN leaves the galaxy out.
    groups : ndarray of str, shape (n,)
        Group of each, "" leaves it out of the k-sample test. Groups smaller than
        `MIN_GROUP` are left out too.
    rng : Generator
        Picks draws, permutations and bootstrap samples.
    n_draws, n_resamples : int
        Draws that the k-sample test sees; permutations and bootstrap samples.

    Returns
    -------
    dict
        ``n`` (with a strength), ``anderson_darling`` (as `group_test`), ``pearson``
        and ``spearman`` (as `correlation`).
    """
    draws, strength = np.asarray(draws, float), np.asarray(strength, float)
    known = np.isfinite(strength)
    chosen = thinned(draws, n_draws, rng)
    mean = draws.mean(axis=0)[known]
    tree = {"n": int(known.sum()), "anderson_darling": group_test(chosen, groups)}
    for kind in ("pearson", "spearman"):
        found = correlation(mean, strength[known], rng, kind, n_resamples)
        over = _rank_rows(chosen[:, known], kind)
        spread = correlate_rows(over, _rank_rows(strength[None, known], kind)[0])
        tree[kind] = found | {"draws": _interval(spread)}
    return tree


def group_test(draws: np.ndarray, groups) -> dict:
    """Test groups (n,) of draws (n_draws, n) [deg] by Anderson-Darling, once a draw.

    The group "" and groups below `MIN_GROUP` do not count.

    Returns
    -------
    dict
        ``groups`` {name: {n, median [deg]}}, ``level``, and with two groups or more
        ``all`` and each ``"a-b"`` pair of three: {rejected (fraction of draws),
        statistic (median, normalised)}; ``all`` is None with fewer groups.
    """
    groups = np.asarray(groups)
    names = [g for g in np.unique(groups) if g and (groups == g).sum() >= MIN_GROUP]
    columns = {g: np.flatnonzero(groups == g) for g in names}
    tree = {"groups": {}, "level": LEVEL, "all": None}
    for g, c in columns.items():
        tree["groups"][str(g)] = {"n": len(c), "median": float(np.median(draws[:, c]))}
    if len(names) > 1:
        tree["all"] = _k_sample(draws, list(columns.values()))
    if len(names) > 2:
        for a, b in combinations(names, 2):
            tree[f"{a}-{b}"] = _k_sample(draws, [columns[a], columns[b]])
    return tree


def correlation(x, y, rng: np.random.Generator, kind="pearson", n=2000) -> dict:
    """Return the correlation of finite values, "pearson" or "spearman" (of ranks).

    By n bootstrap samples and as many permutations: ``r``, ``low`` and ``high`` (95 %),
    ``p_value`` (two-sided); all None with fewer than `MIN_GROUP` points or where one
    side does not vary.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if len(x) < MIN_GROUP or np.ptp(x) == 0 or np.ptp(y) == 0:
        return dict.fromkeys(("r", "low", "high", "p_value"))
    a, b = _rank_rows(x[None], kind)[0], _rank_rows(y[None], kind)[0]
    r = float(correlate_rows(a[None], b)[0])
    shuffled = correlate_rows(rng.permuted(np.tile(a, (n, 1)), axis=1), b)
    pick = rng.integers(len(x), size=(n, len(x)))
    boot = correlate_rows(_rank_rows(x[pick], kind), _rank_rows(y[pick], kind))
    found = interval(r, boot)
    beyond = np.sum(np.abs(shuffled) >= abs(r) - 1e-12)
    found["p_value"] = float((1 + beyond) / (1 + n))
    return {"r": found.pop("value")} | found


def correlate_rows(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the correlation of each row of x (n_rows, n) with y (n,) or its rows.

    NaN where either side does not vary.
    """
    x, y = x - x.mean(-1, keepdims=True), y - y.mean(-1, keepdims=True)
    scale = np.sqrt((x**2).sum(-1) * (y**2).sum(-1))
    safe = np.where(scale > 0, scale, 1.0)
    return np.where(scale > 0, (x * y).sum(-1) / safe, np.nan)


def _cut(values, edges: Sequence[float], names: list[str]) -> np.ndarray:
    values = np.asarray(values, float)
    return np.where(np.isnan(values), "", np.take(names, np.digitize(values, edges)))


def thinned(draws: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return `n` of the draws (rows), or all where there are no more."""
    if len(draws) <= n:
        return draws
    return draws[np.sort(rng.choice(len(draws), n, replace=False))]


def _rank_rows(x: np.ndarray, kind: str) -> np.ndarray:
    return stats.rankdata(x, axis=-1) if kind == "spearman" else x


def _interval(values: np.ndarray) -> dict | None:
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    found = interval(np.median(values), values)
    return {"median": found.pop("value")} | found


def _k_sample(draws: np.ndarray, columns: list[np.ndarray]) -> dict:
    found = [_one_k_sample([row[c] for c in columns]) for row in draws]
    statistic, p_value = np.array(found).T
    rejected = float(np.mean(p_value < LEVEL))
    return {"rejected": rejected, "statistic": float(np.median(statistic))}


def _one_k_sample(samples: list[np.ndarray]) -> tuple[float, float]:
    with warnings.catch_warnings():
        # scipy warns when p lies off its table, 0.001 to 0.25; 0.01 is inside
        warnings.simplefilter("ignore", UserWarning)
        found = stats.anderson_ksamp(samples, variant="midrank")
    return found.statistic, found.pvalue
