"""Shares of targets with their intervals.

A target observed k times is one trial, not k: its exposures weigh 1/k each, so that
intervals are those of as many trials as there are targets. That is exact where all
exposures of a target fare alike, and else too careful.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """A part of some targets.

    Attributes
    ----------
    rows, targets : int
        Of the whole.
    value : float
        The part, NaN of nothing.
    low, high : float
        Wilson's interval; 0 and 1 for nothing.
    """

    rows: int
    targets: int
    value: float
    low: float
    high: float


def wilson(k: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's interval of a binomial share k / n.

    Parameters
    ----------
    k, n : float
        Successes of trials, 0 <= k <= n; they may be sums of weights.
    level : float
        Probability inside.

    Returns
    -------
    tuple of 2 float
        (0, 1) without trials.

    Source: Brown, Cai & DasGupta 2001, Statistical Science 16, 101, section 3.1.1.
    """
    if not 0 <= k <= n:
        msg = f"wilson: expected 0 <= k <= n, got k={k}, n={n}"
        raise ValueError(msg)
    if n == 0:
        return 0.0, 1.0
    q = float(stats.norm.ppf(0.5 + level / 2)) ** 2
    p = k / n
    middle = (p + q / (2 * n)) / (1 + q / n)
    half = np.sqrt(q * (p * (1 - p) / n + q / (4 * n * n))) / (1 + q / n)
    low = 0.0 if k == 0 else max(0.0, middle - half)
    high = 1.0 if k == n else min(1.0, middle + half)
    return float(low), float(high)


def lower_bound(k, n, level: float = LEVEL) -> np.ndarray:
    """Return the one-sided bound of Clopper & Pearson below a binomial share.

    Parameters
    ----------
    k, n : array_like
        Successes of trials, 0 <= k <= n; they may be sums of weights.
    level : float
        Probability that the share is above.

    Returns
    -------
    ndarray
        0 where k is 0.
    """
    k, n = np.asarray(k, np.float64), np.asarray(n, np.float64)
    some = k > 0
    low = stats.beta.ppf(
        1 - level, np.where(some, k, 1.0), np.where(some, n - k, 0) + 1
    )
    return np.where(some, low, 0.0)


def row_weights(targetid) -> np.ndarray:
    """Return 1 over the number of rows of the same target, shape (n,)."""
    _, place, rows = np.unique(
        np.asarray(targetid), return_inverse=True, return_counts=True
    )
    return 1.0 / rows[place]


def share(success, targetid, level: float = LEVEL) -> Share:
    """Return the part of targets of which something is true.

    Parameters
    ----------
    success : array_like of bool, shape (n,)
        Whether it is true of an exposure.
    targetid : array_like of int, shape (n,)
        Whose exposure it is.
    level : float
        Of the interval.
    """
    success = np.asarray(success, bool)
    weight = row_weights(targetid)
    n = len(np.unique(np.asarray(targetid)))
    k = min(float(weight[success].sum()), float(n))
    value = k / n if n else float("nan")
    return Share(len(success), n, value, *wilson(k, n, level))


def share_by(success, targetid, group, level: float = LEVEL) -> pd.DataFrame:
    """Return `share` for each value of `group`, in sorted order.

    Parameters
    ----------
    success, targetid, level
        See `share`.
    group : array_like, shape (n,)
        Bin or class of each row; rows of a missing group are left out.

    Returns
    -------
    DataFrame
        Columns group, rows, targets, value, low, high.
    """
    keys = ("rows", "targets", "value", "low", "high")
    table = pd.DataFrame(
        {"group": group, "success": np.asarray(success, bool), "id": targetid}
    )
    rows = []
    for name, part in table.groupby("group", observed=True, sort=True):
        found = share(part["success"], part["id"], level)
        rows.append((name, *(getattr(found, key) for key in keys)))
    return pd.DataFrame(rows, columns=["group", *keys])
