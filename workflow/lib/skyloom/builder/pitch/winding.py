"""Winding test: the cotangent of the pitch angle against a uniform one.

A spiral that winds up steadily has cot(phi) growing at a constant rate; caught at
random times, a sample of such spirals has cot(phi) uniform between two limits.

Source: Pringle & Dobbs 2019, MNRAS 490, 1470; tested per posterior draw as in
Lingard et al. 2021, MNRAS 504, 3364, section 3.3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skyloom.builder.config import Winding
from skyloom.io.errors import DatumError

LOWER_LIMITS = (5.0, 7.5, 10.0, 12.5, 15.0, 17.5, 20.0)  # of the scan [deg]
MIN_GALAXIES = 5
LEVEL = 0.01


def winding_tree(draws: np.ndarray, settings: Winding, rng) -> dict:
    """Test uniform cot(phi) of draws (n_draws, n_galaxies) [deg] between the limits.

    With its ``power`` against uniform pitch angles, and the ``scan`` over other lower
    limits.

    Raises
    ------
    DatumError
        If there is no galaxy.
    """
    if not draws.size:
        msg = "no galaxy has a pitch angle"
        raise DatumError(msg)
    lower, upper = settings.lower, settings.upper
    test = winding_test(draws, lower, upper)
    power = winding_power(round(test["n_galaxies"]), lower, upper, rng)
    scan = [limit for limit in LOWER_LIMITS if limit < upper]
    return test | {"power": power, "scan": winding_scan(draws, scan, upper)}


def cotangent_rank(pitch, lower: float, upper: float) -> np.ndarray:
    """Return the place of cot(phi) between its limits, uniform on (0, 1) if it winds.

    Angles and limits are in degrees, 0 < lower < upper < 90; it is 0 at `upper`, 1 at
    `lower`, and NaN outside.
    """
    pitch = np.asarray(pitch, float)
    inside = (pitch > lower) & (pitch < upper)
    cot = 1 / np.tan(np.deg2rad(np.where(inside, pitch, upper)))
    loose, tight = 1 / np.tan(np.deg2rad([upper, lower]))
    return np.where(inside, (cot - loose) / (tight - loose), np.nan)


def anderson_darling(ranks) -> tuple[np.ndarray, np.ndarray]:
    """Return the Anderson-Darling statistic of each row against uniform, and its p.

    Rows (n_rows, n) hold values in (0, 1), and NaN, which do not count; NaN for rows
    of fewer than `MIN_GALAXIES` values. The asymptotic p-value is good to 0.01 from
    five values on; scipy has none for rows.
    """
    ranks = np.sort(np.atleast_2d(np.asarray(ranks, float)), axis=1)  # NaN comes last
    n = np.isfinite(ranks).sum(axis=1)
    u = np.clip(np.nan_to_num(ranks, nan=0.5), 1e-12, 1 - 1e-12)
    last = n[:, None] - 1
    i = np.arange(u.shape[1])
    mirrored = np.take_along_axis(u, np.clip(last - i, 0, None), axis=1)
    terms = (2 * i + 1) * (np.log(u) + np.log1p(-mirrored))
    total = np.where(i <= last, terms, 0.0).sum(axis=1)
    statistic = np.where(n >= MIN_GALAXIES, -n - total / np.maximum(n, 1), np.nan)
    return statistic, anderson_darling_p(statistic)


def anderson_darling_p(statistic) -> np.ndarray:
    """Return the asymptotic p-value of the one-sample Anderson-Darling statistic.

    Source: Marsaglia & Marsaglia 2004, J. Stat. Softw. 9(2), function adinf.
    """
    z = np.atleast_1d(np.asarray(statistic, float))
    small, large = np.clip(z, 0.05, 2.0), np.clip(z, 2.0, 100.0)
    rising = (2.00012, 0.247105, -0.0649821, 0.0347962, -0.0116720, 0.00168691)
    low = np.exp(-1.2337141 / small) / np.sqrt(small) * np.polyval(rising[::-1], small)
    falling = (1.0776, -2.30695, 0.43424, -0.082433, 0.008056, -0.0003146)
    tail = np.polyval(falling[::-1], np.minimum(large, 8.0))
    high = np.exp(-np.exp(tail - np.maximum(large - 8.0, 0.0)))
    # beyond 8 the fitted polynomial leaves its range: p falls as exp(-statistic)
    p = 1 - np.where(z < 2.0, low, high)
    return np.where(np.isnan(z), np.nan, np.clip(p, 0.0, 1.0))


def winding_test(draws, lower: float, upper: float) -> dict:
    """Test uniform cot(phi) in each posterior draw.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, n_galaxies)
        Pitch angles [deg].
    lower, upper : float
        Limits [deg]; galaxies outside them leave the draw.

    Returns
    -------
    dict
        ``lower, upper, level``, ``n_galaxies`` (median inside the limits),
        ``n_draws`` (draws with enough galaxies), and of ``anderson_darling``:
        ``rejected`` (fraction of those draws with p below `LEVEL`), ``statistic`` and
        ``p_value`` (medians); None where no draw counts.
    """
    ranks = cotangent_rank(np.atleast_2d(draws), lower, upper)
    inside = np.isfinite(ranks).sum(axis=1)
    return {
        "lower": float(lower),
        "upper": float(upper),
        "level": LEVEL,
        "n_galaxies": float(np.median(inside)),
        "n_draws": int((inside >= MIN_GALAXIES).sum()),
        "anderson_darling": _verdict(*anderson_darling(ranks)),
    }


def winding_scan(draws, lowers: Sequence[float], upper: float) -> list[dict]:
    """Return winding tests over lower limits [deg]: how much they decide.

    Returns
    -------
    list of dict
        One a lower limit: ``lower, upper, n_galaxies, n_draws,
        anderson_darling_rejected, anderson_darling_p``; None where too few galaxies
        are left.
    """
    rows = [winding_test(draws, lower, upper) for lower in lowers]
    for row in rows:
        verdict = row.pop("anderson_darling")
        row["anderson_darling_rejected"] = verdict["rejected"]
        row["anderson_darling_p"] = verdict["p_value"]
        del row["level"]
    return rows


def winding_power(
    n_galaxies: int, lower: float, upper: float, rng, *, n_trials: int = 2000
) -> float:
    """Return how often Anderson-Darling rejects pitch angles that are uniform instead.

    A sample of so many galaxies between the limits [deg] that is not rejected says
    little when this number is small.
    """
    pitch = rng.uniform(lower, upper, (n_trials, n_galaxies))
    _, p = anderson_darling(cotangent_rank(pitch, lower, upper))
    return float(np.mean(p < LEVEL))


def _verdict(statistic: np.ndarray, p: np.ndarray) -> dict:
    counts = np.isfinite(p)
    if not counts.any():
        return dict.fromkeys(("rejected", "statistic", "p_value"))
    return {
        "rejected": float(np.mean(p[counts] < LEVEL)),
        "statistic": float(np.median(statistic[counts])),
        "p_value": float(np.median(p[counts])),
    }
