"""How well maps overlap, beside how well volunteers do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from skyloom.spirals.config import OF
from skyloom.stats.bootstrap import bootstrap

TINY = 1e-4  # of shares, against rounding
AGREED = 0.2 - TINY  # share of volunteers, 3 of 15, from which there is an arm or a bar
PLANE = (-2, -1)


def soft_iou(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the intersection over union of maps of shares, over the last two axes.

    It is the sum of the lesser over the sum of the larger of both (Ruzicka 1958), which
    of maps of 0 and 1 is the usual one: 1 for equal maps, two blank ones among them.
    """
    low = np.minimum(one, other).sum(axis=PLANE, dtype=np.float64)
    high = np.maximum(one, other).sum(axis=PLANE, dtype=np.float64)
    return np.where(high > 0, low / np.where(high > 0, high, 1), 1.0)


def cut_iou(
    shares: np.ndarray, counts: np.ndarray, asked: np.ndarray, votes: float
) -> np.ndarray:
    """Return the intersection over union where at least `votes` of 15 mark a pixel.

    Parameters
    ----------
    shares : ndarray, shape (..., H, W)
        Expected shares of volunteers.
    counts : ndarray, shape (..., H, W)
        How many marked a pixel, of `asked`, shape (...).
    votes : float
        Of 15; of another number asked, as large a share of them.

    Returns
    -------
    ndarray, shape (...)
        NaN where neither has such a pixel, and where nobody was asked.
    """
    asked = np.asarray(asked, np.float64)[..., None, None]
    least = votes / OF
    mine = np.asarray(shares, np.float64) >= least - TINY
    theirs = (counts >= least * asked - TINY) & (asked > 0)
    either = (mine | theirs).sum(axis=PLANE) * (asked[..., 0, 0] > 0)
    both = (mine & theirs).sum(axis=PLANE)
    return np.where(either > 0, both / np.where(either > 0, either, 1), np.nan)


def volunteer_overlap(marked: np.ndarray, shares: np.ndarray | None = None) -> dict:
    """Return how volunteers of one galaxy agree, and a map with the same of them.

    Parameters
    ----------
    marked : ndarray of bool, shape (volunteers, H, W)
        What each marks; who marks nothing is one of them.
    shares : ndarray, shape (H, W), optional
        A map to judge by the same.

    Returns
    -------
    dict of str to float
        ``volunteers``: mean soft IoU of each one's marks with the share of the others;
        ``map``: mean soft IoU of the map with those same shares; ``halves``: soft IoU
        of the shares of every other volunteer and of the rest: about as good as shares
        of so few can be known; ``pairs``: mean IoU of two volunteers who both mark
        something. NaN where there are none of them.
    """
    marked = np.asarray(marked, bool)
    n = len(marked)
    found = dict.fromkeys(("volunteers", "map", "halves", "pairs"), np.nan)
    if n < 2 or not marked.any():
        return found
    others = (marked.sum(axis=0) - marked.astype(np.int64)) / (n - 1)
    drew = marked.any(axis=(1, 2))
    found["volunteers"] = float(soft_iou(marked, others)[drew].mean())
    if shares is not None:
        found["map"] = float(soft_iou(shares, others)[drew].mean())
    found["halves"] = float(soft_iou(marked[::2].mean(axis=0), marked[1::2].mean(0)))
    flat = marked[drew].reshape(drew.sum(), -1).astype(np.float32)
    if len(flat) > 1:
        both, area = flat @ flat.T, flat.sum(axis=1)
        first, second = np.triu_indices(len(flat), 1)
        union = area[first] + area[second] - both[first, second]
        found["pairs"] = float((both[first, second] / union).mean())
    return found


def galaxy_overlaps(
    shares: np.ndarray,
    counts: np.ndarray,
    asked: np.ndarray,
    thresholds: Sequence[float],
) -> pd.DataFrame:
    """Return the overlaps of maps with volunteers' counts, a row a galaxy.

    Parameters
    ----------
    shares, counts : ndarray, shape (n, H, W)
        Expected shares; numbers of volunteers that mark a pixel.
    asked : ndarray, shape (n,)
        How many were asked; rows of 0 are NaN.
    thresholds : sequence of float
        Of 15 volunteers.

    Returns
    -------
    DataFrame
        ``soft`` and ``at_<threshold>``; ``most``: the largest share of volunteers on
        one pixel, by which one tells who agreed that there is something.
    """
    known = np.asarray(asked) > 0
    truth = counts / np.maximum(asked, 1)[:, None, None]
    table = {"soft": np.where(known, soft_iou(shares, truth), np.nan)}
    for votes in thresholds:
        table[f"at_{votes:g}"] = cut_iou(shares, counts, asked, votes)
    table["most"] = np.where(known, truth.max(axis=PLANE), np.nan)
    return pd.DataFrame(table)


def summary(
    overlaps: pd.DataFrame | Mapping[str, np.ndarray],
    rng: np.random.Generator,
    draws: int,
) -> dict[str, dict]:
    """Return the means of columns over galaxies, ``{value, low, high, n}`` of each.

    Intervals are by a bootstrap of galaxies; NaN do not count.
    """
    found = {}
    for name, column in overlaps.items():
        values = np.asarray(column, np.float64)
        values = values[np.isfinite(values)]
        mean = bootstrap(np.mean, values, rng, draws=draws)
        found[name] = mean | {"n": len(values)}
    return found
