"""Choosing targets from scores, units of a map, or places in a space of features.

Every function returns the numbers of the chosen targets, the first asked first. Ties
are broken by the generator, so that no corner of the sky is preferred.
"""

from __future__ import annotations

import numpy as np

STRATEGIES = ("entropy", "margin", "bald", "som_quota", "k_centre", "random")
DIGITS = 12  # of a score: equal votes in another order are equal doubts


def top(score: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return the `n` targets of the highest scores, or all if there are fewer.

    Parameters
    ----------
    score : ndarray, shape (targets,)
        Finite.
    n : int
        Targets to choose.
    rng : Generator
        For ties.
    """
    score = np.round(score, DIGITS)
    return np.lexsort((rng.random(len(score)), -score))[:n]


def random(n_targets: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return `n` of `n_targets` by lot, or all of them in the order of the lot."""
    return rng.permutation(n_targets)[:n]


def som_quota(
    score: np.ndarray, unit: np.ndarray, n: int, rng: np.random.Generator
) -> np.ndarray:
    r"""Return targets from all over the map, in each unit those of the highest score.

    Unit u of :math:`m_u` targets is given seats in proportion to

    .. math:: w_u = \sqrt{m_u + \sum_{i \in u} s_i / \bar{s}},

    so that doubt counts as much as density, the root leaves room for what is rare,
    and no unit has more seats than targets (`apportion`).

    Parameters
    ----------
    score : ndarray, shape (targets,)
        Finite, not below 0.
    unit : ndarray of int, shape (targets,)
        Best-matching unit of each target.
    n : int
        Targets to choose.
    rng : Generator
        For ties.

    Returns
    -------
    ndarray of int
        By descending score.
    """
    _, unit, held = np.unique(unit, return_inverse=True, return_counts=True)
    mean = score.mean() if len(score) else 0.0
    relative = score / mean if mean > 0 else np.zeros(len(score))
    weight = np.sqrt(held + np.bincount(unit, relative, minlength=len(held)))
    seats = apportion(weight, held, n)
    order = top(score, len(score), rng)
    return order[_rank_in_group(unit[order]) < seats[unit[order]]]


def apportion(weight: np.ndarray, most: np.ndarray, n: int) -> np.ndarray:
    """Share `n` seats in proportion to weights, by the highest averages.

    Parameters
    ----------
    weight : ndarray, shape (k,)
        Above 0.
    most : ndarray of int, shape (k,)
        Seats that each can fill; what one cannot fill goes to the others.
    n : int
        Seats.

    Returns
    -------
    ndarray of int, shape (k,)
        Sums to the smaller of `n` and the sum of `most`; nobody loses a seat when `n`
        grows.

    Source: the method of Sainte-Laguë: always the largest w / (2 seats + 1).
    """
    seats = np.zeros(len(most), np.int64)
    for _ in range(min(int(n), int(np.sum(most)))):
        average = np.where(seats < most, weight / (2 * seats + 1), -1.0)
        seats[average.argmax()] += 1
    return seats


def k_centre(
    features: np.ndarray,
    score: np.ndarray,
    known: np.ndarray,
    n: int,
    pool: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return targets that are doubtful and far from each other and from known ones.

    Of the ``pool * n`` targets of the highest scores, always the next one that is
    farthest from all chosen and known. Sener & Savarese 2018, arXiv 1708.00489, the
    greedy algorithm, within a pool of doubtful ones.

    Parameters
    ----------
    features : ndarray, shape (targets, d)
        Where targets are.
    score : ndarray, shape (targets,)
        Their doubt.
    known : ndarray, shape (k, d)
        Where labelled targets are; with none, the most doubtful target is the first.
    n : int
        Targets to choose.
    pool : int
        How many times more to choose from.
    rng : Generator
        For ties.

    Returns
    -------
    ndarray of int
        In the order of choice.
    """
    doubtful = top(score, pool * n, rng)
    here = features[doubtful]
    apart = np.full(len(here), np.inf)
    for place in known:
        apart = np.minimum(apart, ((here - place) ** 2).sum(axis=1))
    chosen: list[int] = []
    for _ in range(min(n, len(here))):
        nearest = int(apart.argmax())  # of ties the most doubtful
        chosen.append(nearest)
        apart = np.minimum(apart, ((here - here[nearest]) ** 2).sum(axis=1))
        apart[chosen] = -1.0
    return doubtful[chosen]


def _rank_in_group(group: np.ndarray) -> np.ndarray:
    """Return how many of the same group stand before each."""
    order = np.argsort(group, kind="stable")
    starts = np.diff(group[order], prepend=-1) != 0
    first = np.maximum.accumulate(np.where(starts, np.arange(len(group)), 0))
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - first
    return rank
