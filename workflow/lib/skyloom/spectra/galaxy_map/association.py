"""How far groups of galaxies go with what else is known of them, beside chance.

A null distribution shuffles the groups over the galaxies. Sizes of groups and classes
stay, so that entropies and the expected mutual information do: the rank of the mutual
information among shuffles is that of the adjusted one (Vinh, Epps & Bailey 2010, JMLR
11, 2837).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import xlogy

from skyloom.stats.intervals import one_share

SHUFFLES = 5000


def classes_apart(groups, classes, rng: np.random.Generator) -> dict:
    """Return how far groups tell classes apart.

    Parameters
    ----------
    groups : array_like of int, shape (n,)
        Units, or groups of units.
    classes : array_like, shape (n,)
        Names or numbers; each different one is a class.
    rng : Generator
        Of the shuffles.

    Returns
    -------
    dict
        ``ami`` (adjusted mutual information; 0 by chance, 1 if they are the same) with
        ``p``, the share of shuffles that reach it, and ``ami_null``, which one shuffle
        in a thousand exceeds; ``n`` galaxies, of ``classes`` in ``groups``.
    """
    # Imported here: scikit-learn takes a second.
    from sklearn.metrics import adjusted_mutual_info_score  # noqa: PLC0415

    groups, classes = (pd.factorize(np.asarray(x))[0] for x in (groups, classes))
    shape = groups.max() + 1, classes.max() + 1
    size = shape[0] * shape[1]

    def information(some: np.ndarray) -> np.ndarray:
        """Return what of the mutual information shuffles change, of each row."""
        cell = some * shape[1] + classes + np.arange(len(some))[:, None] * size
        count = np.bincount(cell.ravel(), minlength=len(some) * size)
        return xlogy(count, count).reshape(len(some), -1).sum(axis=1)

    shuffled = rng.permuted(np.tile(groups, (SHUFFLES, 1)), axis=1)
    null = information(shuffled)
    rare = shuffled[np.argsort(null)[int(0.999 * SHUFFLES)]]
    return {
        "n": len(groups),
        "classes": int(shape[1]),
        "groups": int(shape[0]),
        "ami": float(adjusted_mutual_info_score(classes, groups)),
        "ami_null": float(adjusted_mutual_info_score(classes, rare)),
        "p": _p(null, information(groups[None])),
    }


def quantity_apart(groups, values, rng: np.random.Generator) -> dict:
    """Return how far groups tell a quantity: the share of its variance between them.

    Parameters
    ----------
    groups : array_like of int, shape (n,)
        Groups.
    values : array_like of float, shape (n,)
        Those that are not finite take no part.
    rng : Generator
        Of the shuffles.

    Returns
    -------
    dict
        ``eta2`` (0 to 1) and ``p``, with ``eta2_null``, the mean of the shuffles, which
        is above 0 for many groups of few galaxies; ``n`` galaxies.
    """
    groups, values = np.asarray(groups), np.asarray(values, float)
    good = np.isfinite(values)
    groups, values = groups[good], values[good]
    if len(values) < 2 or np.ptp(values) == 0:
        return {"n": len(values), "eta2": None, "eta2_null": None, "p": None}
    member = (groups[:, None] == np.unique(groups)).astype(float)
    member /= np.sqrt(member.sum(axis=0))
    values = (values - values.mean()) / (values.std() * np.sqrt(len(values)))
    own = ((values @ member) ** 2).sum()
    shuffled = rng.permuted(np.tile(values, (SHUFFLES, 1)), axis=1)
    null = ((shuffled @ member) ** 2).sum(axis=1)
    found = {"eta2": float(own), "eta2_null": float(null.mean()), "p": _p(null, own)}
    return {"n": len(values)} | found


def rate_flat(hit, classes) -> dict:
    """Return whether a rate is the same in all classes: chi² of independence.

    Parameters
    ----------
    hit : array_like of bool, shape (n,)
        Whether it is one, such as an outlier.
    classes : array_like, shape (n,)
        Names or numbers.

    Returns
    -------
    dict
        ``chi2``, ``dof`` and ``p`` (None where all are hit, or none, or in one class),
        and the ``rates`` by class with their Jeffreys interval.
    """
    from scipy.stats import chi2_contingency  # noqa: PLC0415

    hit, classes = np.asarray(hit, bool), np.asarray(classes)
    names = np.unique(classes)
    parts = [hit[classes == name] for name in names]
    rates = {
        str(name): one_share(int(part.sum()), len(part))
        for name, part in zip(names, parts, strict=True)
    }
    found = {"n": len(hit), "rates": rates, "chi2": None, "dof": None, "p": None}
    if len(names) < 2 or hit.all() or not hit.any():
        return found
    table = [(part.sum(), (~part).sum()) for part in parts]
    test = chi2_contingency(table, correction=False)
    return found | {"chi2": test.statistic, "dof": test.dof, "p": test.pvalue}


def _p(null: np.ndarray, own) -> float:
    """Return the p value: the share of shuffles that reach the data; never 0."""
    return float((1 + np.sum(null >= own - 1e-9)) / (1 + len(null)))
