"""Bins of spaxels, each of which gives one spectrum."""

from __future__ import annotations

import numpy as np


def divide(places: np.ndarray, weight: np.ndarray, bins: int) -> np.ndarray:
    """Divide spaxels into compact bins of about equal weight.

    The set is cut across its longer side, again and again, so that both parts have
    the weight that their numbers of bins ask for, and at least as many spaxels.

    Parameters
    ----------
    places : ndarray, shape (n, 2)
        Of the spaxels [any unit].
    weight : ndarray, shape (n,)
        Positive.
    bins : int
        How many, 1 to n.

    Returns
    -------
    ndarray of int, shape (n,)
        The bin of each spaxel, 0 to bins - 1; each has one at least.
    """
    if not 1 <= bins <= len(places):
        msg = f"{bins} bins of {len(places)} spaxels"
        raise ValueError(msg)
    found = np.empty(len(places), int)
    parts = [(np.arange(len(places)), 0, bins)]
    while parts:
        spaxels, first, number = parts.pop()
        if number == 1:
            found[spaxels] = first
            continue
        axis = np.ptp(places[spaxels], axis=0).argmax()
        order = spaxels[np.lexsort((*places[spaxels].T, places[spaxels, axis]))]
        left = number // 2
        total = np.cumsum(weight[order])
        cut = np.searchsorted(total, total[-1] * left / number) + 1
        cut = np.clip(cut, left, len(order) - number + left)
        right = number - left
        parts += [(order[:cut], first, left), (order[cut:], first + left, right)]
    return found


def gain(spaxels: np.ndarray) -> np.ndarray:
    """Return how much higher the S/N of bins of so many spaxels is than of one.

    Neighbouring spaxels are correlated: sqrt(N) / (1 + 1.62 log10 N) (Law et al. 2016,
    AJ 152, 83); beyond 100 spaxels the denominator stays.
    """
    covariance = 1 + 1.62 * np.log10(np.minimum(spaxels, 100))
    return np.sqrt(spaxels) / covariance
