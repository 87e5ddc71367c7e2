"""Which rows of an ensemble's results may be asked about.

Each filter returns a mask of the rows to keep, shape (n,).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from skyloom.quasars.query.scores import votes


def voted(table: pd.DataFrame) -> np.ndarray:
    """Return which rows have votes: an empty spectrum has none (NaN)."""
    return np.isfinite(votes(table)).all(axis=1)


def on_target(table: pd.DataFrame) -> np.ndarray:
    """Return which rows are of targets: the sky has negative numbers in DESI."""
    return (table["TARGETID"] >= 0).to_numpy(bool)


def whole(table: pd.DataFrame) -> np.ndarray:
    """Return which rows have all the arms of their spectrograph."""
    return (table["DEAD_ARMS"] == 0).to_numpy(bool)


def unlabelled(table: pd.DataFrame, labelled: Iterable[int]) -> np.ndarray:
    """Return which rows are of targets that nobody has inspected."""
    known = np.fromiter(labelled, dtype=np.int64)
    return ~np.isin(table["TARGETID"].to_numpy(np.int64), known)


def common(bmu: np.ndarray, percentile: float, n_units: int | None) -> np.ndarray:
    """Return which rows lie in units of the map that are not rare.

    A unit is common when it holds more rows than the `percentile` of all units.

    Parameters
    ----------
    bmu : ndarray of int, shape (n,)
        Best-matching unit of each row.
    percentile : float
        0 to 100. Where that many units are empty, every row stays.
    n_units : int or None
        Units of the map. None counts them as the seed does, up to the last unit that
        any row has: it hands the largest number of a unit, not the size of the map, to
        ``bincount``, so that empty units behind it do not count.

    Raises
    ------
    ValueError
        A row without a unit, or with one that is not on the map.
    """
    bmu = np.asarray(bmu)
    if not bmu.size:
        return np.zeros(0, bool)
    last = int(bmu.max())
    if bmu.min() < 0 or (n_units is not None and last >= n_units):
        msg = f"units {bmu.min()} to {last}: the map has 0 to {(n_units or 0) - 1}"
        raise ValueError(msg)
    rows = np.bincount(bmu, minlength=last if n_units is None else n_units)
    return (rows > np.percentile(rows, percentile))[bmu]


def dead_everywhere(table: pd.DataFrame) -> np.ndarray:
    """Return the targets with an arm that is dead in all of their rows, sorted.

    That is what the sum of all exposures of a target would show.
    """
    ordered = table[["TARGETID", "DEAD_ARMS"]].sort_values("TARGETID")
    names, first = np.unique(ordered["TARGETID"].to_numpy(np.int64), return_index=True)
    if not names.size:
        return names
    bits = np.bitwise_and.reduceat(ordered["DEAD_ARMS"].to_numpy(np.int64), first)
    return names[bits != 0]


def on_several_tiles(table: pd.DataFrame) -> np.ndarray:
    """Return the targets with rows of more than one tile, sorted."""
    pairs = table[["TARGETID", "TILEID"]].drop_duplicates()
    counts = pairs["TARGETID"].value_counts()
    return np.sort(counts.index[counts > 1].to_numpy(np.int64))
