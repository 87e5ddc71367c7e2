"""Shares of targets with their intervals.

A target observed k times is one trial, not k: its exposures weigh 1/k each, so that
intervals are those of as many trials as there are targets. That is exact where all
exposures of a target fare alike, and else too careful.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.stats.intervals import one_share

KEYS = ("rows", "targets", "value", "low", "high")


def row_weights(targetid) -> np.ndarray:
    """Return 1 over the number of rows of the same target, shape (n,)."""
    _, place, rows = np.unique(
        np.asarray(targetid), return_inverse=True, return_counts=True
    )
    return 1.0 / rows[place]


def share(success, targetid) -> dict:
    """Return the part of targets of which something is true of their exposures.

    Parameters
    ----------
    success : array_like of bool, shape (n,)
        Whether it is true of an exposure.
    targetid : array_like of int, shape (n,)
        Whose exposure it is.

    Returns
    -------
    dict
        ``rows, targets, value, low, high``; without rows, None, 0 and 1.
    """
    success = np.asarray(success, bool)
    n = len(np.unique(np.asarray(targetid)))
    # Sums of weights miss whole numbers by their last digits.
    found = one_share(round(row_weights(targetid)[success].sum(), 9), n)
    found |= {"rows": len(success), "targets": n}
    return {key: found[key] for key in KEYS}


def share_by(success, targetid, group) -> pd.DataFrame:
    """Return `share` for each value of `group`, in sorted order.

    Columns are group, rows, targets, value, low, high; rows of a missing group are
    left out.
    """
    table = pd.DataFrame(
        {"group": group, "success": np.asarray(success, bool), "id": targetid}
    )
    parts = table.groupby("group", observed=True, sort=True)
    rows = [{"group": k} | share(part["success"], part["id"]) for k, part in parts]
    return pd.DataFrame(rows, columns=["group", *KEYS])
