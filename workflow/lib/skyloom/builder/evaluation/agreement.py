"""How far volunteers agree: on whether a component is there, and on its shape.

Sources: Fleiss 1971, Psychological Bulletin 76, 378 (kappa); Krippendorff 2004,
Content Analysis, chapter 11 (alpha, nominal data).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from skyloom.stats.scatter import quantiles


def shape_scores(distance) -> np.ndarray:
    """Return each shape's mean Jaccard similarity to the others; NaN for a lone one.

    A leave-one-out score of volunteers, from distances of shape (n, n).
    """
    n = len(distance)
    if n < 2:
        return np.full(n, np.nan)
    # A shape without area is at 1 from itself too.
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
    table = pd.DataFrame({"present": present, "shape_score": np.nan, "member": members})
    table.loc[table["present"], "shape_score"] = shape_scores(distance)
    return table


def component_agreement(scores: pd.DataFrame) -> dict:
    """Summarise one component over a sample.

    Parameters
    ----------
    scores : DataFrame
        Rows of `subject_scores` of all subjects with a column ``subject_id``.

    Returns
    -------
    dict
        ``presence`` (as `presence_agreement`), ``similarity`` and
        ``member_similarity`` {median, low, high (16 and 84 %), n}: over the means of
        subjects, and over the shape scores of cluster members; and ``member_share``,
        the part of shapes in the cluster.
    """
    by_subject = scores.groupby("subject_id")["present"]
    drawn = scores[scores["present"]]
    similarity = drawn.groupby("subject_id")["shape_score"].mean()
    members = drawn.loc[drawn["member"], "shape_score"]
    return {
        "presence": presence_agreement(by_subject.sum(), by_subject.size()),
        "similarity": _middle(similarity),
        "member_similarity": _middle(members),
        "member_share": float(drawn["member"].mean()) if len(drawn) else None,
    }


def _middle(values) -> dict:
    values = values.dropna()
    found = quantiles(values, (0.16, 0.5, 0.84)).values() if len(values) else [None] * 3
    return {"n": len(values)} | dict(zip(("low", "median", "high"), found, strict=True))
