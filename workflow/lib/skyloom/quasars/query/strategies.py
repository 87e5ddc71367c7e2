"""How much an ensemble doubts a target, and choosing by that, by a map or by lot.

Scores are in nats but the margin; a higher one is more doubt. Source: Settles 2009,
Computer Sciences Technical Report 1648, sections 3.1 and 3.2; BALD: Houlsby et al.
2011, arXiv 1112.5745.

Functions that choose return the indices of at most `n` targets, the first asked first,
from scores of shape (targets,). Ties are broken by the generator, so that no corner of
the sky is preferred.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import entr

from skyloom.quasars.survey.results import need

VOTES = ("C_NOT", "C_QSO_LZ", "C_QSO_HZ")
ROUNDING = 1e-9  # sums of shares of members miss 1 by their last digits
MAX_ENTROPY = float(np.log(len(VOTES)))
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
) -> np.ndarray:
    """Return targets that are doubtful and far from each other and from known ones.

    Of the ``POOL * n`` targets of the highest scores, always the next one that is
    farthest from all chosen and known. Sener & Savarese 2018, arXiv 1708.00489, the
    greedy algorithm, within a pool of doubtful ones.

    Parameters
    ----------
    features, known : ndarray, shape (targets, d) and (k, d)
        Where targets and labelled ones are; with none of these, the most doubtful
        target is the first.
    """
    doubtful = top(score, POOL * n, rng)
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


def votes(table: pd.DataFrame) -> np.ndarray:
    """Return the shares of members that say each class, shape (n, 3).

    Raises
    ------
    ValueError
        A missing column, or a share outside 0..1; NaN passes.
    """
    need(table, VOTES)
    shares = table[list(VOTES)].to_numpy(np.float64)
    outside = (shares < -ROUNDING) | (shares > 1 + ROUNDING)
    wrong = np.flatnonzero(outside.any(axis=1))
    if wrong.size:
        msg = f"row {wrong[0]}: votes {shares[wrong[0]].tolist()} are not shares"
        raise ValueError(msg)
    return np.clip(shares, 0, 1)


def doubt(table: pd.DataFrame, strategy: str) -> np.ndarray:
    """Return the score (n,) by which a strategy ranks the rows of results.

    ``entropy`` is -Σ c ln c of the members' votes c; ``margin`` 1 less the lead of
    their first class over the second. ``bald``, ``som_quota`` and ``k_centre`` take the
    column BALD, the mutual information between the class and the member: of the total
    doubt, what more labels can remove. ``random`` has no opinion: 0.

    Raises
    ------
    ValueError
        A missing column.
    """
    if strategy == "random":
        return np.zeros(len(table))
    if strategy == "entropy":
        return entr(votes(table)).sum(axis=1)
    if strategy == "margin":
        ordered = np.sort(votes(table), axis=1)
        return 1.0 - (ordered[:, -1] - ordered[:, -2])
    need(table, ["BALD"])
    return table["BALD"].to_numpy(np.float64)
