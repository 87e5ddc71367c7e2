"""What predicted votes are worth: calibration, PIT, likelihood and answers.

A network gives, of each question, the concentrations of a Dirichlet distribution of the
shares of its answers; the votes of volunteers are then Dirichlet-multinomial.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from skyloom.spirals.questions import Question, expected_shares, questions
from skyloom.stats.bootstrap import bootstrap, interval, times
from skyloom.stats.calibration import Forecast
from skyloom.stats.intervals import one_share

LARGEST = 12.0  # logarithm of the largest concentration of a base rate
LEAST_VOTES = 5  # of a question, to say what its answer is


def forecast(
    concentrations: np.ndarray, counts: np.ndarray, which: tuple[Question, ...] = ()
) -> Forecast:
    """Return expected shares of answers as forecasts of single votes.

    For `skyloom.stats.calibration`: each answer of each galaxy is a row for its votes
    and one for those of the other answers, weighted by their number.

    Parameters
    ----------
    concentrations, counts : ndarray, shape (n, answers)
        Predicted, and votes.
    which : tuple of Question
        All if none are named.
    """
    shares, _ = expected_shares(concentrations)
    parts = []
    for one in which or questions():
        votes = counts[:, one.columns]
        total = votes.sum(axis=1, keepdims=True)
        galaxy = np.broadcast_to(np.arange(len(votes))[:, None], votes.shape)
        for true, weight in ((True, votes), (False, total - votes)):
            some = weight > 0
            size = int(some.sum())
            part = (shares[:, one.columns][some], np.full(size, true), galaxy[some])
            parts.append((*part, weight[some].astype(np.float64)))
    return Forecast(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def pit(
    concentrations: np.ndarray, counts: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the randomised probability integral transform of the numbers of votes.

    Each answer's number is beta-binomial of the votes that its question has; of
    predictions that are right the values are uniform.

    Returns
    -------
    DataFrame
        ``value``, ``galaxy``, ``question``: a row an answer, in their order.

    Source: Czado, Gneiting & Held 2009, Biometrics 65, 1254, section 2.
    """
    parts = []
    for one in questions():
        a = concentrations[:, one.columns].astype(np.float64)
        k = counts[:, one.columns]
        n = k.sum(axis=1)
        rows = np.flatnonzero(n > 0)
        rest = a.sum(axis=1, keepdims=True) - a
        law = stats.betabinom(n[rows, None], a[rows], rest[rows])
        value = law.cdf(k[rows] - 1) + rng.uniform(size=k[rows].shape) * law.pmf(
            k[rows]
        )
        table = pd.DataFrame({"value": np.clip(value, 0, 1).ravel()})
        table["galaxy"] = np.repeat(rows, len(one.answers))
        table["question"] = one.name
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def pit_distance(table: pd.DataFrame, rng: np.random.Generator, draws: int) -> dict:
    """Return how far values of `pit` are from uniform: the Kolmogorov distance.

    ``value``; ``low, high`` by a bootstrap of galaxies; ``if_right``: what it would be
    on average of as many independent values.
    """
    values = table["value"].to_numpy()
    if not len(values):
        return interval(np.nan, []) | {"if_right": None}
    objects = table["galaxy"].to_numpy()
    found = bootstrap(_distance, values, rng, objects=objects, draws=draws)
    # Mean of Kolmogorov's distribution.
    right = np.sqrt(np.pi / 2) * np.log(2) / np.sqrt(len(values))
    return found | {"if_right": float(right)}


def log_likelihood(concentrations: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the log-probability of the votes of each question, shape (n, questions).

    Of the votes as they came, one after the other: without the number of their orders,
    so that it can be divided among the votes. Questions without votes have 0.
    """
    found = []
    for one in questions():
        a = concentrations[..., one.columns].astype(np.float64)
        found.append(_log_chance(a, counts[..., one.columns]))
    return np.stack(found, axis=-1)


def base_rate(counts: np.ndarray) -> np.ndarray:
    """Return the most likely concentrations if all galaxies had the same, (answers,).

    Parameters
    ----------
    counts : ndarray, shape (n, answers)
        Votes of the training galaxies.
    """
    found = np.ones(counts.shape[1])
    for one in questions():
        votes = counts[:, one.columns].astype(np.float64)
        votes = votes[votes.sum(axis=1) > 0]
        if len(votes):
            found[one.columns] = _most_likely(votes)
    return found


def per_vote(
    concentrations: np.ndarray,
    counts: np.ndarray,
    base: np.ndarray,
    rng: np.random.Generator,
    draws: int,
) -> pd.DataFrame:
    """Return the log-likelihood per vote [nat] of predictions, and of a base rate.

    Parameters
    ----------
    concentrations, counts : ndarray, shape (n, answers)
        Predicted, and votes.
    base : ndarray, shape (answers,)
        `base_rate` of the training galaxies.
    rng, draws
        Of a bootstrap of galaxies.

    Returns
    -------
    DataFrame
        A row a question that has votes, and ``all``: ``question, galaxies, votes,
        predicted, base, gain, low, high``; the interval is that of the gain.
    """
    mine = log_likelihood(concentrations, counts)
    theirs = log_likelihood(np.broadcast_to(base, counts.shape), counts)
    votes = np.stack([counts[:, q.columns].sum(axis=1) for q in questions()], axis=1)
    drawn = times(len(counts), draws, rng)
    names = [one.name for one in questions()]
    rows = []
    for name, part in [
        *((name, slice(k, k + 1)) for k, name in enumerate(names)),
        ("all", slice(None)),
    ]:
        of, n = (mine - theirs)[:, part].sum(axis=1), votes[:, part].sum(axis=1)
        if not n.sum():
            continue
        sums = drawn @ np.stack([of, n], axis=1)
        gain = interval(
            of.sum() / n.sum(), sums[:, 0] / np.where(sums[:, 1], sums[:, 1], np.nan)
        )
        row = {"question": name, "galaxies": int((n > 0).sum()), "votes": int(n.sum())}
        row["predicted"] = mine[:, part].sum() / n.sum()
        row["base"] = theirs[:, part].sum() / n.sum()
        rows.append(
            row | {"gain": gain["value"], "low": gain["low"], "high": gain["high"]}
        )
    return pd.DataFrame(rows)


def accuracy(
    concentrations: np.ndarray, counts: np.ndarray, least: int = LEAST_VOTES
) -> pd.DataFrame:
    """Return how often the likeliest answer is the one with most votes.

    Parameters
    ----------
    concentrations, counts : ndarray, shape (n, answers)
        Predicted, and votes.
    least : int
        Votes of a question below which a galaxy has no answer; 1 where an expert gave
        one answer. Nor has it one where two answers have most votes.

    Returns
    -------
    DataFrame
        A row a question with answers: ``question, k, n, value, low, high`` and
        ``common``: the share of the most common answer.
    """
    shares, _ = expected_shares(concentrations)
    rows = []
    for one in questions():
        votes = counts[:, one.columns]
        ordered = np.sort(votes, axis=1)
        told = (votes.sum(axis=1) >= least) & (ordered[:, -1] > ordered[:, -2])
        if not told.any():
            continue
        answer = votes[told].argmax(axis=1)
        right = shares[told][:, one.columns].argmax(axis=1) == answer
        common = np.bincount(answer).max() / len(answer)
        row = {"question": one.name} | one_share(int(right.sum()), len(right))
        rows.append(row | {"common": float(common)})
    return pd.DataFrame(rows)


def _distance(values: np.ndarray) -> float:
    ordered, n = np.sort(values), len(values)
    steps = np.arange(n + 1) / n
    return float(max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max()))


def _log_chance(a: np.ndarray, votes: np.ndarray) -> np.ndarray:
    whole, parts = a.sum(axis=-1), special.gammaln(a + votes) - special.gammaln(a)
    total = special.gammaln(whole) - special.gammaln(whole + votes.sum(axis=-1))
    return total + parts.sum(axis=-1)


def _most_likely(votes: np.ndarray) -> np.ndarray:
    total = votes.sum(axis=1)

    def loss(logs):
        a = np.exp(logs)
        whole = a.sum()
        slope = (special.digamma(whole) - special.digamma(whole + total)).sum()
        slope = slope + (special.digamma(a + votes) - special.digamma(a)).sum(axis=0)
        return -_log_chance(a, votes).sum() / total.sum(), -slope * a / total.sum()

    start = np.log(votes.sum(axis=0) / votes.sum() * 5 + 0.05)
    bounds = [(-LARGEST, LARGEST)] * len(start)
    return np.exp(optimize.minimize(loss, start, jac=True, bounds=bounds).x)
