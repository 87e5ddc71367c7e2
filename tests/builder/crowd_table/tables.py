"""Distributions by quantile matching: tables, a Gaussian copula, latent factors.

A `table` is a plain dict ``{"columns": [...], "quantiles": [[...], ...],
"correlation": [[...], ...], "n": int}``: one row of quantiles a column, at the
probabilities `LEVELS`, and the correlation of the columns' normal scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import optimize, stats
from skyloom.builder.simulation.tables import LEVELS

_MIN_PAIRS = 40
_MIN_CELL = 4


def fit_table(columns: Mapping[str, np.ndarray]) -> dict:
    """Describe the joint distribution of some columns.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
        Finite values, one row an object.

    Returns
    -------
    dict
        The table (see the module's text), rounded to five digits.

    Raises
    ------
    ValueError
        When there are fewer than three rows.

    Notes
    -----
    Source: Nelsen 2006, An Introduction to Copulas, section 3.1 (Gaussian copula).
    """
    values = np.array([np.asarray(v, float) for v in columns.values()])
    if values.shape[1] < 3:
        msg = f"{list(columns)}: {values.shape[1]} rows; expected three or more"
        raise ValueError(msg)
    quantiles = np.quantile(values, LEVELS, axis=1).T
    return {
        "columns": list(columns),
        "quantiles": _rounded(quantiles),
        "correlation": _rounded(score_correlation(values)),
        "n": int(values.shape[1]),
    }


def score_correlation(values: np.ndarray) -> np.ndarray:
    """Return the correlation of normal scores, shape (n_columns, n_columns).

    Parameters
    ----------
    values : ndarray, shape (n_columns, n)
        Ties share their mean rank, so atoms (default values) weaken, never break,
        the correlation.
    """
    ranks = np.array([stats.rankdata(v) for v in values]) / (values.shape[1] + 1)
    scores = stats.norm.ppf(ranks)
    scores = scores - scores.mean(axis=1, keepdims=True)
    spread = np.sqrt((scores**2).sum(axis=1))
    product = scores @ scores.T
    matrix = product / np.maximum(np.outer(spread, spread), 1e-12)
    np.fill_diagonal(matrix, 1.0)
    return positive(matrix)


def likeness(values: np.ndarray, groups: np.ndarray) -> float:
    """Return how alike the values of a group are: correlation of their normal scores.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Any numbers.
    groups : ndarray, shape (n,)
        Which group each belongs to.

    Returns
    -------
    float
        The intraclass correlation, within [0, 0.95]; 0 when no group has two values.

    Notes
    -----
    Source: Fisher 1925, Statistical Methods for Research Workers, section 38.
    """
    scores = stats.norm.ppf(stats.rankdata(values) / (len(values) + 1))
    _, group = np.unique(groups, return_inverse=True)
    count, total = np.bincount(group), np.bincount(group, scores)
    square = np.bincount(group, scores**2)
    pairs = np.sum(count * (count - 1))
    # Each value weighs as a partner of others, so that large groups do not rule.
    weight = np.where(count > 1, 1 / np.maximum(count - 1, 1), 0)
    if not pairs:
        return 0.0
    within = np.sum(weight * (total**2 - square)) / np.sum(weight * (count - 1) * count)
    return float(np.clip(within / max(np.var(scores), 1e-9), 0, 0.95))


def positive(matrix: np.ndarray, floor: float = 1e-3) -> np.ndarray:
    """Return the nearest usable correlation matrix: eigenvalues at least `floor`."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    fixed = (vectors * np.maximum(values, floor)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(fixed))
    return fixed * np.outer(scale, scale)


def tetrachoric(a: np.ndarray, b: np.ndarray) -> float:
    """Return the latent normal correlation behind two yes/no answers.

    Parameters
    ----------
    a, b : ndarray of float, shape (n,)
        1 yes, 0 no, NaN not asked; rows with a NaN are left out.

    Returns
    -------
    float
        The correlation within [-0.95, 0.95]; 0 when the 2 x 2 table is too empty
        to tell.

    Notes
    -----
    Source: Pearson 1900, Phil. Trans. R. Soc. A 195, 1.
    """
    asked = np.isfinite(a) & np.isfinite(b)
    a, b = a[asked], b[asked]
    counts = [np.sum((a == i) & (b == j)) for i in (0, 1) for j in (0, 1)]
    if len(a) < _MIN_PAIRS or np.sort(counts)[1] < _MIN_CELL:
        return 0.0
    limits = stats.norm.ppf([a.mean(), b.mean()])
    both = float(np.mean(a * b))
    edges = [_both_yes(limits, rho) - both for rho in (-0.95, 0.95)]
    if edges[0] * edges[1] >= 0:
        return -0.95 if edges[0] > 0 else 0.95
    return optimize.brentq(
        lambda rho: _both_yes(limits, rho) - both, -0.95, 0.95, xtol=1e-4
    )


def _both_yes(limits: np.ndarray, rho: float) -> float:
    cov = [[1.0, rho], [rho, 1.0]]
    return float(stats.multivariate_normal.cdf(limits, [0, 0], cov))


def fit_factors(flags: Mapping[str, np.ndarray], n_factors: int = 3) -> dict:
    """Fit the latent factors (skill, effort, ...) behind yes/no answers.

    Parameters
    ----------
    flags : mapping of str to ndarray, shape (n_volunteers,)
        1, 0 or NaN (not asked).
    n_factors : int
        How many common factors to keep.

    Returns
    -------
    dict of str to list of float
        The loadings of each flag on the factors; a flag's latent value is
        ``loadings @ factors + sqrt(1 - |loadings|^2) * own noise``.

    Notes
    -----
    Source: principal-axis factoring, Harman 1976, Modern Factor Analysis, ch. 8,
    of the tetrachoric correlations.
    """
    names = list(flags)
    matrix = np.eye(len(names))
    for i, one in enumerate(names):
        for j, other in enumerate(names[:i]):
            matrix[i, j] = matrix[j, i] = tetrachoric(flags[one], flags[other])
    loadings = principal_axes(positive(matrix), n_factors)
    return {n: _rounded(row) for n, row in zip(names, loadings, strict=True)}


def principal_axes(
    correlation: np.ndarray, n_factors: int, n_iterations: int = 100
) -> np.ndarray:
    """Return factor loadings, shape (n_flags, n_factors), communality <= 0.95."""
    shared = np.full(len(correlation), 0.5)
    loadings = np.zeros((len(correlation), n_factors))
    for _ in range(n_iterations):
        reduced = correlation.copy()
        np.fill_diagonal(reduced, shared)
        values, vectors = np.linalg.eigh(reduced)
        top = np.argsort(values)[::-1][:n_factors]
        loadings = vectors[:, top] * np.sqrt(np.maximum(values[top], 0))
        shared = np.minimum((loadings**2).sum(axis=1), 0.95)
    size = np.sqrt(np.maximum((loadings**2).sum(axis=1), 1e-12))
    loadings = loadings * np.minimum(1, np.sqrt(0.95) / size)[:, None]
    return loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)


def fit_rate(yes: Sequence[float], asked: Sequence[float]) -> list[float]:
    """Fit a probit rate with scatter from subject to subject.

    Parameters
    ----------
    yes, asked : sequence of float, shape (n_subjects,)
        Counts of yes and of answers for each subject.

    Returns
    -------
    list of float
        ``[mu, tau]``: a subject's rate is ``Phi(mu + tau N(0, 1))``; matched to the
        mean rate and to its variance beyond the binomial one.

    Raises
    ------
    ValueError
        When nobody was asked.
    """
    yes, asked = np.asarray(yes, float), np.asarray(asked, float)
    yes, asked = yes[asked > 0], asked[asked > 0]
    if not len(asked):
        msg = "no subject with an answer: nothing to fit a rate to"
        raise ValueError(msg)
    mean = np.clip(yes.sum() / asked.sum(), 0.002, 0.998)
    limit = stats.norm.ppf(mean)
    slope = stats.norm.pdf(limit)
    tau = np.sqrt(extra_variance(yes, asked, mean)) / slope
    tau = float(np.clip(tau, 0, 1.5))
    return _rounded([limit * np.sqrt(1 + tau**2), tau])


def extra_variance(yes: np.ndarray, asked: np.ndarray, mean: float) -> float:
    """Return the variance of subjects' rates beyond the binomial one (>= 0).

    Source: Kleinman 1973, J. Am. Stat. Assoc. 68, 46 (moments of beta-binomial).
    """
    if len(asked) < 3:
        return 0.0
    total = asked.sum()
    observed = np.sum(asked * (yes / asked - mean) ** 2)
    binomial = mean * (1 - mean) * (len(asked) - 1)
    return max(0.0, (observed - binomial) / (total - np.sum(asked**2) / total))


def _rounded(values) -> list:
    return np.round(np.asarray(values, float), 5).tolist()
