"""How far volunteers agree: on whether a component is there, and on its shape.

Sources: Fleiss 1971, Psychological Bulletin 76, 378 (kappa); Krippendorff 2004,
Content Analysis, chapter 11 (alpha, nominal data).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from skyloom.stats.scatter import quantiles


def mean_similarity(distance) -> float | None:
    """Return the mean Jaccard similarity over pairs of shapes; None for one shape."""
    distance = _square(distance)
    n = len(distance)
    return float(1 - distance[np.triu_indices(n, 1)].mean()) if n > 1 else None


def shape_scores(distance) -> np.ndarray:
    """Return each shape's mean Jaccard similarity to the others; NaN for a lone one.

    A leave-one-out score of volunteers, from distances of shape (n, n).
    """
    distance = _square(distance)
    n = len(distance)
    if n < 2:
        return np.full(n, np.nan)
    return 1 - (distance.sum(axis=1) - np.diag(distance)) / (n - 1)


def presence_agreement(counts, totals) -> dict:
    """Return agreement on presence over subjects, beyond chance.

    Parameters
    ----------
    counts, totals : array of int, shape (n_subjects,)
        Volunteers who drew the component, of those asked; subjects with fewer than
        two do not count.

    Returns
    -------
    dict
        ``n_subjects``, ``observed`` (mean share of agreeing pairs), ``kappa``
        (Fleiss) and ``alpha`` (Krippendorff, which corrects for small samples and
        weighs subjects by their volunteers); None where all or none drew it.
    """
    k, n = np.asarray(counts, float), np.asarray(totals, float)
    k, n = k[n >= 2], n[n >= 2]
    tree = {"n_subjects": int(n.size)} | dict.fromkeys(("observed", "kappa", "alpha"))
    if not n.size:
        return tree
    pairs = k * (n - k)
    observed = np.mean(1 - 2 * pairs / (n * (n - 1)))
    tree["observed"] = float(observed)
    drawn, asked = k.sum(), n.sum()
    if not 0 < drawn < asked:
        return tree
    share = np.mean(k / n)
    chance = share**2 + (1 - share) ** 2
    differing = np.sum(2 * pairs / (n - 1)) / asked
    expected = 2 * drawn * (asked - drawn) / (asked * (asked - 1))
    tree["kappa"] = float((observed - chance) / (1 - chance))
    tree["alpha"] = float(1 - differing / expected)
    return tree


def subject_scores(present, distance, members: Sequence[bool]) -> pd.DataFrame:
    """Return ``present, shape_score, member`` of one subject's volunteers.

    Parameters
    ----------
    present, members : array_like of bool, shape (n,)
        Who drew the component, and who belongs to the cluster that made the aggregate.
    distance : ndarray, shape (n_drawn, n_drawn)
        Jaccard distances between the shapes of those who did, in order; the scores
        are `shape_scores`, NaN for those who drew nothing.
    """
    present = np.asarray(present, bool)
    if len(_square(distance)) != present.sum():
        msg = f"{len(distance)} shapes from {present.sum()} volunteers who drew one"
        raise ValueError(msg)
    shape = np.full(len(present), np.nan)
    shape[present] = shape_scores(distance)
    members = np.asarray(members, bool)
    return pd.DataFrame({"present": present, "shape_score": shape, "member": members})


def component_agreement(scores: pd.DataFrame, similarity: Sequence) -> dict:
    """Summarise one component over a sample.

    Parameters
    ----------
    scores : DataFrame
        Rows of `subject_scores` of all subjects with a column ``subject_id``.
    similarity : sequence of float or None
        `mean_similarity` of each subject.

    Returns
    -------
    dict
        ``presence`` (as `presence_agreement`), ``similarity`` and
        ``member_similarity`` {median, low, high (16 and 84 %), n}: over subjects, and
        over the shape scores of cluster members; and ``member_share``, the part of
        shapes in the cluster.
    """
    by_subject = scores.groupby("subject_id")["present"]
    drawn = scores[scores["present"]]
    members = drawn.loc[drawn["member"], "shape_score"]
    return {
        "presence": presence_agreement(by_subject.sum(), by_subject.size()),
        "similarity": _middle(similarity),
        "member_similarity": _middle(members),
        "member_share": float(drawn["member"].mean()) if len(drawn) else None,
    }


def _middle(values) -> dict:
    values = pd.Series(values, dtype=float).dropna()
    if values.empty:
        return {"n": 0, "median": None, "low": None, "high": None}
    low, median, high = quantiles(values, (0.16, 0.5, 0.84)).values()
    return {"n": len(values), "median": median, "low": low, "high": high}


def _square(distance) -> np.ndarray:
    distance = np.asarray(distance, float)
    if distance.size == 0:
        return np.empty((0, 0))
    if distance.ndim != 2 or distance.shape[0] != distance.shape[1]:
        msg = f"distances: expected a square array, got shape {distance.shape}"
        raise ValueError(msg)
    return distance
