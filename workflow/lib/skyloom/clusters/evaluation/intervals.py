"""Intervals of shares and of rates."""

from __future__ import annotations

import numpy as np
from astropy.stats import binom_conf_interval, poisson_conf_interval
from scipy import stats

LEVEL = 0.95


def share(k, n, level: float = LEVEL) -> dict[str, np.ndarray]:
    """Return binomial shares k / n with Wilson's intervals.

    Parameters
    ----------
    k, n : array_like of int, same shape
        Successes of trials.
    level : float
        Probability inside.

    Returns
    -------
    dict of str to ndarray
        ``k, n, value, low, high``; NaN, 0 and 1 without trials.

    Source: Brown, Cai & DasGupta 2001, Statistical Science 16, 101, section 3.1.1.
    """
    k, n = np.asarray(k), np.asarray(n)
    some = n > 0
    trials = np.where(some, n, 1)
    low, high = binom_conf_interval(k, trials, level, interval="wilson")
    value = np.where(some, k / trials, np.nan)
    # Rounding must not leave the value outside of its own interval.
    low = np.where(some & (k > 0), low, 0.0)
    high = np.where(some & (k < n), high, 1.0)
    return {"k": k, "n": n, "value": value, "low": low, "high": high}


def one_share(k: int, n: int, level: float = LEVEL) -> dict:
    """Return `share` of one pair of numbers, as plain JSON values."""
    found = share(int(k), int(n), level)
    value = float(found["value"])
    ends = {"low": float(found["low"]), "high": float(found["high"])}
    known = value if np.isfinite(value) else None
    return {"k": int(k), "n": int(n), "value": known} | ends


def rate(k: int, area: float, level: float = LEVEL) -> dict:
    """Return a Poisson rate k / area with its exact interval, as plain JSON values.

    Parameters
    ----------
    k : int
        Events.
    area : float
        Of the sky [deg^2] that was searched; of none nothing is known, and ``value``,
        ``low`` and ``high`` are None.
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
    sigma = float(stats.norm.ppf(0.5 + level / 2))
    low, high = poisson_conf_interval(k, "frequentist-confidence", sigma=sigma) / area
    ends = {"low": float(low), "high": float(high)}
    return counts | {"value": float(k / area)} | ends


def percentiles(value: float, draws, level: float = LEVEL) -> dict:
    """Return a value with the interval of its bootstrap draws, as plain JSON values.

    Draws that are not finite (nothing was drawn to measure) are left out; the
    interval is None where none is left, the value where it is not finite itself.
    """
    draws = np.asarray(draws, np.float64)
    draws = draws[np.isfinite(draws)]
    tail = 50 * (1 - level)
    low, high = np.percentile(draws, [tail, 100 - tail]) if len(draws) else (None, None)
    ends = {"low": low, "high": high, "value": value if np.isfinite(value) else None}
    return {name: None if end is None else float(end) for name, end in ends.items()}
