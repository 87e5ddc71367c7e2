"""Choosing targets from scores, units of a map, or places in a space of features.

Every function returns the indices of at most `n` chosen targets, the first asked first.
Scores have shape (targets,). Ties are broken by the generator, so that no corner of the
sky is preferred.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

DIGITS = 12  # of a score: equal votes in another order are equal doubts
POOL = 5  # k_centre chooses among this many times more targets


def top(score: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return the targets of the highest scores."""
    score = np.round(score, DIGITS)
    return np.lexsort((rng.random(len(score)), -score))[:n]


def random(n_targets: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return `n` of `n_targets` by lot, in the order of the lot."""
    return rng.permutation(n_targets)[:n]


def som_quota(
    score: np.ndarray, unit: np.ndarray, n: int, rng: np.random.Generator
) -> np.ndarray:
    r"""Return targets from all over the map, in each unit those of the highest score.

    Unit u of :math:`m_u` targets (those whose best-matching `unit` it is) is given
    seats in proportion to

    .. math:: w_u = \sqrt{m_u + \sum_{i \in u} s_i / \bar{s}},

    so that doubt counts as much as density, the root leaves room for what is rare,
    and no unit has more seats than targets (`apportion`). Scores are not below 0.
    """
    _, unit, held = np.unique(unit, return_inverse=True, return_counts=True)
    mean = score.mean() if len(score) else 0.0
    relative = score / mean if mean > 0 else np.zeros(len(score))
    weight = np.sqrt(held + np.bincount(unit, relative, minlength=len(held)))
    seats = apportion(weight, held, n)
    order = top(score, len(score), rng)
    rank = pd.Series(unit[order]).groupby(unit[order]).cumcount().to_numpy()
    return order[rank < seats[unit[order]]]


def apportion(weight: np.ndarray, most: np.ndarray, n: int) -> np.ndarray:
    """Share `n` seats in proportion to weights (k,), at most `most` (k,) to each.

    Nobody loses a seat when `n` grows; what one cannot fill goes to the others.
    Source: the method of Sainte-Laguë, always the largest w / (2 seats + 1).
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
    rng: np.random.Generator,
    pool: int = POOL,
) -> np.ndarray:
    """Return targets that are doubtful and far from each other and from known ones.

    Of the ``pool * n`` targets of the highest scores, always the next one that is
    farthest from all chosen and known. Sener & Savarese 2018, arXiv 1708.00489, the
    greedy algorithm, within a pool of doubtful ones.

    Parameters
    ----------
    features, known : ndarray, shape (targets, d) and (k, d)
        Where targets and labelled ones are; with none of these, the most doubtful
        target is the first.
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
