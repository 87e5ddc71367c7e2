"""Repeatability: the same galaxy measured twice, and two catalogues compared.

Errors of a catalogue hold the noise, the spread between sets of components and what no
model of ours can fit. Both subjects of a pair show the same pixels, so that noise and
misfit are the same in both and only what follows from the crowd differs: pulls below
one are no proof that the errors are right; those above are proof that they are not.
Where two crowds lead to different sets, a parameter changes its meaning, so pairs are
also compared apart, by whether their sets are the same.

Source: repeats of the Galaxy Builder sample, Lingard et al. 2020, ApJ 900, 178,
section 5.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from skyloom.builder.evaluation.agreement import presence_agreement
from skyloom.builder.evaluation.statistics import LEVEL
from skyloom.stats.intervals import one_share
from skyloom.stats.scatter import nmad

MIN_PAIRS = 3
FAR = 3  # errors


def difference(first, second, errors: tuple | None = None) -> dict:
    """Compare two measurements of one quantity over a sample.

    Parameters
    ----------
    first, second : array, shape (n,)
        The measurements; pairs with a NaN do not count.
    errors : tuple of two arrays of shape (n,), optional
        Standard errors of both; adds ``pull_sd`` and ``far``.

    Returns
    -------
    dict
        ``n``, ``median`` and ``scatter`` (nmad) of second - first, ``median_err``
        (of the median: 1.253 scatter / sqrt n), ``correlation`` (Pearson) and
        ``pull_sd`` (robust, of the difference in units of its error; 1 if the errors
        are right) and ``far`` (the share of differences above three errors). None
        below `MIN_PAIRS` pairs.
    """
    a, b = np.asarray(first, float), np.asarray(second, float)
    both = np.isfinite(a) & np.isfinite(b)
    names = ("median", "scatter", "median_err", "correlation", "pull_sd", "far")
    tree = {"n": int(both.sum())} | dict.fromkeys(names)
    if both.sum() < MIN_PAIRS:
        return tree
    gap = (b - a)[both]
    tree["median"], tree["scatter"] = float(np.median(gap)), float(nmad(gap))
    tree["median_err"] = float(1.2533 * tree["scatter"] / np.sqrt(gap.size))
    if np.ptp(a[both]) > 0 and np.ptp(b[both]) > 0:
        tree["correlation"] = float(np.corrcoef(a[both], b[both])[0, 1])
    if errors is not None:
        total = np.hypot(*(np.asarray(e, float)[both] for e in errors))
        good = np.isfinite(total) & (total > 0)
        if good.sum() >= MIN_PAIRS:
            pull = gap[good] / total[good]
            tree["pull_sd"] = float(nmad(pull))
            tree["far"] = one_share((np.abs(pull) > FAR).sum(), len(pull), LEVEL)
    return tree


def repeatability(
    table: pd.DataFrame,
    pairs: pd.DataFrame,
    parameters: Sequence[str],
    components: Mapping[str, str],
    counts: Sequence[str] = (),
) -> dict:
    """Compare subjects that show one galaxy.

    Parameters
    ----------
    table : DataFrame
        One row a subject: ``subject_id``, `parameters` (NaN where the component is
        absent) and, where known, their errors as ``<parameter>_err``.
    pairs : DataFrame
        ``first`` and ``second`` subject of each galaxy; pairs of which one is not in
        `table` do not count.
    parameters : sequence of str
        Columns to compare. Differences run from first to second.
    components : mapping
        Component to the column that is finite and above 0 where it is present.
    counts : sequence of str
        Columns that number components of one kind, such as arms: sets are the same
        where these are equal too.

    Returns
    -------
    dict
        ``n_pairs``; ``parameters`` {name: as `difference`}; ``same_components`` and
        ``different_components`` {n_pairs, parameters} of the pairs with the same set
        of components and of the others; ``presence`` {component: as `presence`};
        ``equal_counts`` {column: share of pairs, with its 68 % interval}.
    """
    rows = table.set_index("subject_id")
    known = pairs["first"].isin(rows.index) & pairs["second"].isin(rows.index)
    first, second = (
        rows.loc[pairs.loc[known, side].astype(int)].reset_index()
        for side in ("first", "second")
    )
    equal = {key: first[key].to_numpy() == second[key].to_numpy() for key in counts}
    same = np.ones(len(first), bool)
    for key in components.values():
        same &= is_present(first[key]) == is_present(second[key])
    for verdict in equal.values():
        same &= verdict
    return {
        **differences(first, second, parameters),
        "same_components": differences(first[same], second[same], parameters),
        "different_components": differences(first[~same], second[~same], parameters),
        "presence": presences(first, second, components),
        "equal_counts": {
            k: one_share(v.sum(), len(v), LEVEL) for k, v in equal.items()
        },
    }


def differences(first: pd.DataFrame, second: pd.DataFrame, parameters) -> dict:
    """Return ``n_pairs`` and the `difference` of each of the ``parameters``.

    Rows are pairs; ``<parameter>_err`` are errors, where the first table has them.
    """
    found = {}
    for name in parameters:
        error = f"{name}_err"
        errors = (first[error], second[error]) if error in first else None
        found[name] = difference(first[name], second[name], errors)
    return {"n_pairs": len(first), "parameters": found}


def presences(first: pd.DataFrame, second: pd.DataFrame, components: Mapping) -> dict:
    """Return the `presence` of each component in pairs of rows."""
    return {
        name: presence(is_present(first[key]), is_present(second[key]))
        for name, key in components.items()
    }


def is_present(column: pd.Series) -> np.ndarray:
    """Return whether a component is there: a finite value above 0."""
    return (column.to_numpy(float, na_value=np.nan) > 0).astype(bool)


def presence(first, second) -> dict:
    """Return how far two verdicts on presence, bool of shape (n,), agree.

    Returns
    -------
    dict
        ``agree`` (share, with its 68 % interval), the counts ``both``,
        ``first_only``, ``second_only``, ``neither``, and Fleiss' ``kappa``.
    """
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    total = first.astype(int) + second.astype(int)
    return {
        "agree": one_share((first == second).sum(), len(first), LEVEL),
        "both": int((first & second).sum()),
        "first_only": int((first & ~second).sum()),
        "second_only": int((second & ~first).sum()),
        "neither": int((~first & ~second).sum()),
        "kappa": presence_agreement(total, np.full(len(total), 2))["kappa"],
    }
