"""How far groups of galaxies go with what else is known of them, beside chance.

A null distribution shuffles the groups over the galaxies. Sizes of groups and classes
stay, so that entropies and the expected mutual information do: the rank of the mutual
information among shuffles is that of the adjusted one (Vinh, Epps & Bailey 2010, JMLR
11, 2837).
"""

from __future__ import annotations

import numpy as np

from skyloom.spectra.galaxies.fingerprints import entropy
from skyloom.stats.intervals import one_share

SHUFFLES = 2000
BINS = 5


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
        in a thousand exceeds; ``purity`` (share of galaxies that are of the commonest
        class of their group) with ``purity_null``, the mean of the shuffles; ``n``
        galaxies, of ``classes`` in ``groups``.
    """
    # Imported here: scikit-learn takes a second.
    from sklearn.metrics import adjusted_mutual_info_score  # noqa: PLC0415

    _, groups = np.unique(np.asarray(groups), return_inverse=True)
    names, classes = np.unique(np.asarray(classes), return_inverse=True)
    found = {"n": len(groups), "classes": len(names), "groups": int(np.ptp(groups)) + 1}
    tables = _tables(groups, classes)
    own = tables(groups[None])
    null = np.concatenate(
        [tables(rng.permuted(np.tile(groups, (100, 1)), axis=1)) for _ in _hundreds()]
    )
    information = _information(null)
    ami = float(adjusted_mutual_info_score(classes, groups))
    reached = information >= _information(own)[0] - 1e-12
    return found | {
        "ami": ami,
        "ami_null": _null_ami(information, groups, classes),
        "purity": float(_purity(own)[0]),
        "purity_null": float(_purity(null).mean()),
        "p": _p(reached),
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
        is above 0 for many groups of few galaxies; ``ami`` and ``ami_p``, of fifths of
        the quantity; ``n`` galaxies.
    """
    groups, values = np.asarray(groups), np.asarray(values, float)
    good = np.isfinite(values)
    groups, values = groups[good], values[good]
    if len(values) < 2 or np.ptp(values) == 0:
        return {"n": len(values), "eta2": None, "p": None, "ami": None}
    _, groups = np.unique(groups, return_inverse=True)
    count = np.bincount(groups)
    ranked = values - values.mean()

    def eta2(some: np.ndarray) -> np.ndarray:
        at = groups + np.arange(len(some))[:, None] * len(count)
        total = np.bincount(at.ravel(), some.ravel(), len(some) * len(count))
        between = (total.reshape(len(some), -1) ** 2 / count).sum(axis=1)
        return between / (ranked**2).sum()

    null = np.concatenate(
        [eta2(rng.permuted(np.tile(ranked, (100, 1)), axis=1)) for _ in _hundreds()]
    )
    own = eta2(ranked[None])[0]
    edges = np.unique(np.quantile(values, np.arange(1, BINS) / BINS))
    fifths = classes_apart(groups, np.searchsorted(edges, values, "right"), rng)
    return {
        "n": len(values),
        "eta2": float(own),
        "eta2_null": float(null.mean()),
        "p": _p(null >= own - 1e-12),
        "ami": fifths["ami"],
        "ami_p": fifths["p"],
    }


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
    counts = np.array([[hit[classes == k].sum(), (classes == k).sum()] for k in names])
    counts = counts.reshape(-1, 2)
    rates = {
        str(k): one_share(int(a), int(n))
        for k, (a, n) in zip(names, counts, strict=True)
    }
    found = {"n": len(hit), "rates": rates, "chi2": None, "dof": None, "p": None}
    if len(names) < 2 or hit.all() or not hit.any():
        return found
    table = np.stack([counts[:, 0], counts[:, 1] - counts[:, 0]])
    test = chi2_contingency(table, correction=False)
    return found | {"chi2": test.statistic, "dof": test.dof, "p": test.pvalue}


def neighbour_purity(
    known, classes, asked, wanted, rng: np.random.Generator, k: int = 5
) -> dict:
    """Return the share of nearest neighbours that are of the same class.

    Parameters
    ----------
    known, asked : ndarray, shape (m, d) and (n, d)
        Places of galaxies among which neighbours are looked for, and of those that ask.
    classes, wanted : array_like, shape (m,) and (n,)
        Their classes.
    rng : Generator
        Of the shuffles of `classes`.
    k : int
        Neighbours.
    """
    from scipy.spatial import KDTree  # noqa: PLC0415

    classes, wanted = np.asarray(classes), np.asarray(wanted)
    k = min(k, len(known))
    near = KDTree(known).query(asked, k=list(range(1, k + 1)))[1]
    value = float((classes[near] == wanted[:, None]).mean())
    drawn = (rng.permutation(classes) for _ in range(SHUFFLES))
    null = np.array([(some[near] == wanted[:, None]).mean() for some in drawn])
    return {
        "n": len(wanted),
        "neighbours": k,
        "purity": value,
        "purity_null": float(null.mean()),
        "p": _p(null >= value - 1e-12),
    }


def _hundreds() -> range:
    return range(SHUFFLES // 100)


def _p(reached: np.ndarray) -> float:
    """Return the p value of so many shuffles that reach the data; never 0."""
    return float((1 + reached.sum()) / (1 + len(reached)))


def _tables(groups: np.ndarray, classes: np.ndarray):
    """Return a function: contingency tables of shuffled groups, shape (s, g, c)."""
    shape = (int(groups.max()) + 1, int(classes.max()) + 1)
    size = shape[0] * shape[1]

    def tables(some: np.ndarray) -> np.ndarray:
        cell = some * shape[1] + classes + np.arange(len(some))[:, None] * size
        count = np.bincount(cell.ravel(), minlength=len(some) * size)
        return count.reshape(-1, *shape)

    return tables


def _information(tables: np.ndarray) -> np.ndarray:
    """Return the mutual information [nat] of each table."""
    p = tables / tables[0].sum()
    expected = p.sum(axis=2, keepdims=True) * p.sum(axis=1, keepdims=True)
    ratio = np.where(p > 0, p, 1) / np.where(p > 0, expected, 1)
    return (p * np.log(ratio)).sum(axis=(1, 2))


def _purity(tables: np.ndarray) -> np.ndarray:
    return tables.max(axis=2).sum(axis=1) / tables[0].sum()


def _null_ami(information: np.ndarray, groups, classes) -> float:
    """Return the adjusted information that one shuffle in a thousand exceeds."""
    from sklearn.metrics.cluster import (  # noqa: PLC0415
        contingency_matrix,
        expected_mutual_information,
    )

    table = contingency_matrix(classes, groups, sparse=True)
    expected = expected_mutual_information(table, len(groups))
    sizes = (np.bincount(names) / len(names) for names in (groups, classes))
    mean = sum(map(entropy, sizes)) / 2
    top = np.quantile(information, 0.999)
    return float((top - expected) / max(mean - expected, 1e-12))
