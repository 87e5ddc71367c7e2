"""Intervals of shares and of rates: one convention, Jeffreys' for shares.

Jeffreys' interval is that of a posterior, holds fractional counts (exposures of one
target weigh 1 / k each), and errs on neither side of small shares.

Source: Brown, Cai & DasGupta 2001, Statistical Science 16, 101, section 4.3.
"""

from __future__ import annotations

import numpy as np
from astropy.stats import poisson_conf_interval
from scipy import special

LEVEL = 0.95


def jeffreys(k, n, level: float = LEVEL) -> np.ndarray:
    """Return the central quantiles of Beta(k + 1/2, n - k + 1/2), stacked.

    Raises
    ------
    ValueError
        Unless 0 <= k <= n.
    """
    k, n = np.asarray(k, np.float64), np.asarray(n, np.float64)
    if not ((k >= 0) & (k <= n)).all():
        msg = f"share: expected 0 <= k <= n, got k={k}, n={n}"
        raise ValueError(msg)
    tail = (1 - level) / 2
    # astropy's binom_conf_interval cuts counts to whole numbers.
    ends = (special.betaincinv(k + 0.5, n - k + 0.5, q) for q in (tail, 1 - tail))
    return np.stack(tuple(ends))


def share(k, n, level: float = LEVEL) -> dict[str, np.ndarray]:
    """Return binomial shares k / n with their intervals.

    Parameters
    ----------
    k, n : array_like, same shape
        Successes of trials; they may be sums of weights.
    level : float
        Probability inside.

    Returns
    -------
    dict of str to ndarray
        ``k, n, value, low, high``; without trials NaN, 0 and 1. None of n allows 0,
        all of n allow 1.
    """
    low, high = jeffreys(k, n, level)
    k, n = np.asarray(k), np.asarray(n)
    value = np.where(n > 0, k / np.where(n > 0, n, 1), np.nan)
    low, high = np.where(k > 0, low, 0.0), np.where(k < n, high, 1.0)
    return {"k": k, "n": n, "value": value, "low": low, "high": high}


def one_share(k: float, n: float, level: float = LEVEL) -> dict:
    """Return `share` of one pair of numbers, as plain JSON values."""
    found = {name: one.item() for name, one in share(k, n, level).items()}
    return found | {"value": found["value"] if n > 0 else None}


def lower_bound(k, n) -> np.ndarray:
    """Return the exact one-sided bound of Clopper & Pearson below a share; 0 for none.

    It is for promises ("purity is shown to be above ..."), which must not be broken
    more often than 1 - `LEVEL` whatever the share is; counts may be sums of weights.
    """
    k, n = np.asarray(k, np.float64), np.asarray(n, np.float64)
    some = k > 0
    low = special.betaincinv(
        np.where(some, k, 1), np.where(some, n - k, 0) + 1, 1 - LEVEL
    )
    return np.where(some, low, 0.0)


def rate(k: int, area: float, level: float = LEVEL) -> dict:
    """Return a Poisson rate k / area with its exact interval, as plain JSON values.

    Parameters
    ----------
    k : int
        Events.
    area : float
        Of the sky [deg^2] that was searched; of none, ``value, low, high`` are None.
    level : float
        Probability inside.

    Raises
    ------
    ValueError
        When that is no area.

    Source: Garwood 1936, Biometrika 28, 437.
    """
    if not area >= 0:
        msg = f"area {area} deg^2: expected 0 or more"
        raise ValueError(msg)
    counts = {"k": int(k), "area": float(area)}
    if area == 0:
        return counts | dict.fromkeys(("value", "low", "high"))
    sigma = special.ndtri(0.5 + level / 2)
    low, high = poisson_conf_interval(k, "frequentist-confidence", sigma=sigma) / area
    return counts | {"value": k / area, "low": float(low), "high": float(high)}
