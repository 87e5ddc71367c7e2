"""Draws from tables of quantiles, whose columns a Gaussian copula correlates.

A table has ``columns``, ``quantiles`` (one row a column, at the probabilities `LEVELS`)
and ``correlation``, that of the columns' normal scores (Nelsen 2006, An Introduction to
Copulas, section 3.1).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import stats

LEVELS = np.r_[0.002, 0.01, np.linspace(0.02, 0.98, 49), 0.99, 0.998]


def draw(
    table: Mapping, rng: np.random.Generator, habit: np.ndarray | None = None
) -> dict[str, float]:
    """Draw one row of a table.

    `habit`, shape (n_columns,), are normal scores that rows of one origin have in
    common, to the degree that ``table["shared"]`` tells for each column.
    """
    root = np.linalg.cholesky(np.array(table["correlation"]))
    scores = rng.standard_normal(len(root))
    if habit is not None:
        shared = np.array(table["shared"])
        scores = np.sqrt(shared) * habit + np.sqrt(1 - shared) * scores
    levels = stats.norm.cdf(root @ scores)
    rows = zip(table["columns"], levels, table["quantiles"], strict=True)
    return {name: float(np.interp(u, LEVELS, row)) for name, u, row in rows}
