"""Does learning arms, bars and votes together help? A paired comparison.

Trainings differ in what is learned (``heads``), in how many training galaxies have
marks (``masks``) and in first weights and subset (``repeat``). The same repeat has the
same subset whatever is learned, and all are judged on the same galaxies, so that
differences are of pairs; intervals are by a bootstrap of repeats and of galaxies.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from skyloom.stats.bootstrap import interval, times
from skyloom.stats.intervals import LEVEL

FEW = 5  # repeats below which the sentence says how few they are


def efficiency(
    table: pd.DataFrame, measure: str, rng: np.random.Generator, draws: int
) -> pd.DataFrame:
    """Return the mean of a measure by heads and number of galaxies with marks.

    Parameters
    ----------
    table : DataFrame
        A row a training and test galaxy: ``heads, masks, repeat, galaxy`` and measures
        such as ``spiral`` and ``bar``, soft IoU, NaN where a galaxy has none.
    measure : str
        Column to be averaged.
    rng, draws
        Of the bootstrap.

    Returns
    -------
    DataFrame
        ``heads, masks, repeats, galaxies, value, low, high``.
    """
    rows = []
    for (heads, masks), part in table.groupby(["heads", "masks"], sort=True):
        values = _crossed(part, measure)
        if values.isna().all(axis=None):  # not learned by these heads
            continue
        row = {"heads": heads, "masks": int(masks)} | _sizes(values)
        found = _mean(values, rng, draws)
        rows.append(row | {name: found[name] for name in ("value", "low", "high")})
    return pd.DataFrame(rows)


def compare(
    table: pd.DataFrame,
    measure: str,
    rng: np.random.Generator,
    draws: int,
    *,
    first: str = "joint",
    other: str = "segmentation",
) -> pd.DataFrame:
    """Return the mean paired difference of a measure at each number of masks.

    Parameters
    ----------
    table, measure, rng, draws
        As of `efficiency`.
    first, other : str
        Heads; the difference is first minus other. Votes alone need no marks: their
        trainings stand beside the first's with any number of them.

    Returns
    -------
    DataFrame
        ``measure, masks, repeats, galaxies, first, other, difference, low, high``,
        ``ahead``: share of draws in which the first is larger.

    Raises
    ------
    ValueError
        When a training occurs twice with one galaxy.
    """
    rows = []
    for masks, part in table.groupby("masks", sort=True):
        beside = table if other == "votes" else part
        pair = ((part, first), (beside, other))
        one, two = (_crossed(some[some["heads"] == k], measure) for some, k in pair)
        one, two = one.align(two, join="inner")
        if one.size == 0:
            continue
        both = one.notna() & two.notna()
        one, two = one.where(both), two.where(both)
        row = {"measure": measure, "masks": int(masks)} | _sizes(one)
        row |= {"first": float(np.nanmean(one)), "other": float(np.nanmean(two))}
        found = _mean(one - two, rng, draws)
        row["difference"] = found.pop("value")
        rows.append(row | found)
    return pd.DataFrame(rows)


def verdict(
    table: pd.DataFrame,
    first: str = "joint",
    other: str = "segmentation",
    what: str = "soft IoU",
) -> str:
    """Return in a sentence what `compare` found, of tables of one measure or more."""
    if table.empty:
        return f"{first} and {other} were not trained on the same galaxies."
    few = int(table["repeats"].min())
    count = "1 training" if few == 1 else f"{few} trainings"
    note = f" Only {count} of each." if few < FEW else ""
    parts = []
    for measure, rows in table.groupby("measure", sort=False):
        clauses = [_clause(row, first, other) for row in rows.itertuples()]
        parts.append(f"{measure}: {', '.join(clauses)}")
    return f"Mean {what} of {first} less {other}: {'; '.join(parts)}.{note}"


def _clause(row, first: str, other: str) -> str:
    if row.low is not None and row.low > 0:
        says = f"{first} is better"
    elif row.high is not None and row.high < 0:
        says = f"{first} is worse"
    else:
        says = "no difference is shown"
    ends = "" if row.low is None else f", {row.low:+.3f} to {row.high:+.3f}"
    return f"with {row.masks} marked galaxies {says} ({row.difference:+.3f}{ends})"


def _crossed(part: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return a measure with a row a repeat and a column a galaxy."""
    return part.pivot(index="repeat", columns="galaxy", values=measure)


def _sizes(values: pd.DataFrame) -> dict[str, int]:
    some = values.notna()
    return {"repeats": int(some.any(axis=1).sum()), "galaxies": int(some.any().sum())}


def _mean(values: pd.DataFrame, rng: np.random.Generator, draws: int) -> dict:
    """Return the mean, its interval over repeats and galaxies, and how often it is > 0.

    Repeats and galaxies are drawn apart and the deviations added. Those of repeats are
    widened as Hesterberg 2015, The American Statistician 69, 371, section 3.3, does: a
    bootstrap of five is a third too narrow. One repeat says nothing of others.
    """
    array = values.to_numpy(np.float64)
    known = np.isfinite(array)
    if not known.any():
        return interval(np.nan, []) | {"ahead": None}
    filled = np.where(known, array, 0.0)
    value = filled.sum() / known.sum()
    drawn = np.full(draws, value)
    for axis, n in enumerate(array.shape):
        weights = times(n, draws, rng)
        sums, number = (weights @ part.sum(axis=1 - axis) for part in (filled, known))
        off = np.divide(sums, number, np.full(draws, value), where=number > 0) - value
        drawn += _widening(n) * off if axis == 0 else off
    return interval(value, drawn) | {"ahead": float((drawn > 0).mean())}


def _widening(n: int) -> float:
    if n < 2:
        return 0.0
    tail = 0.5 + LEVEL / 2
    ratio = special.stdtrit(n - 1, tail) / special.ndtri(tail)
    return float(ratio * np.sqrt(n / (n - 1)))
