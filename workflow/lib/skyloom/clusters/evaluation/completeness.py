"""How many clusters are found, and how many detections are clusters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
import pandas as pd

from skyloom.clusters.evaluation.curve import Target, curve, detected, judged_rows
from skyloom.clusters.evaluation.judge import NONE, Judged
from skyloom.clusters.finder.catalogue import LEAST
from skyloom.stats.bootstrap import bootstrap, interval
from skyloom.stats.intervals import lower_bound, one_share, share
from skyloom.stats.scatter import nmad

LAMBDA_EDGES = (5.0, 10.0, 20.0, 30.0, 50.0, np.inf)
Z_EDGES = (0.2, 0.35, 0.5, 0.7)
DRAWS = 20_000


def completeness(
    judged: Judged,
    threshold: float = -np.inf,
    lambda_edges: Sequence[float] = LAMBDA_EDGES,
    z_edges: Sequence[float] = Z_EDGES,
) -> pd.DataFrame:
    """Return the share of true clusters that are found, in bins of richness and z.

    Parameters
    ----------
    judged : Judged
        Truths and detections.
    threshold : float
        Score from which a detection is in the catalogue.
    lambda_edges, z_edges : sequence of float
        Edges of bins, the lower one included.

    Returns
    -------
    DataFrame
        A row a bin: ``lambda_from, lambda_to, z_from, z_to, k, n, value, low, high``,
        ``z, LAMBDA`` (medians of the bin, NaN where it is empty).
    """
    truth = judged.truth[judged.truth["VALID"]]
    found = detected(truth, threshold)
    bins = product(pairwise(lambda_edges), pairwise(z_edges))
    rows = [_bin(truth, found, (*rich, *far)) for rich, far in bins]
    names = ["lambda_from", "lambda_to", "z_from", "z_to", "k", "n", "LAMBDA", "z"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(**share(table["k"].to_numpy(), table["n"].to_numpy()))


def _bin(truth: pd.DataFrame, found: np.ndarray, edges: tuple) -> tuple:
    inside = Target(*edges).holds(truth)
    part = truth[inside]
    middle = [float(part[name].median()) for name in ("LAMBDA", "Z")]
    return *edges, int(found[inside].sum()), len(part), *middle


def thresholds(own: float) -> np.ndarray:
    """Return probabilities to cut a catalogue at, its ``own`` threshold among them."""
    steps = np.arange(round(LEAST * 100), 100) / 100
    return np.union1d(steps, [own])


def by_threshold(judged: Judged, target: Target, own: float) -> dict:
    """Return what completeness and purity are made of at each of `thresholds`.

    Returns
    -------
    dict
        ``threshold``; ``found`` of ``clusters`` that were to be found; ``true`` of
        ``listed`` detections; all lists but ``clusters``.
    """
    truth = judged.truth[judged.truth["VALID"]]
    truth, cuts = truth[target.holds(truth)], thresholds(own)
    lists = [judged_rows(judged, cut) for cut in cuts]
    return {
        "threshold": cuts.tolist(),
        "found": [int(detected(truth, cut).sum()) for cut in cuts],
        "clusters": len(truth),
        "true": [int((rows["TRUTH"] != NONE).sum()) for rows in lists],
        "listed": [len(rows) for rows in lists],
    }


def purity(judged: Judged, threshold: float = -np.inf) -> dict:
    """Return the share of detections from a score on that are clusters."""
    found = judged_rows(judged, threshold)
    return one_share((found["TRUTH"] != NONE).sum(), len(found))


def operating_threshold(judged: Judged, target: float) -> dict:
    """Return the lowest score whose catalogue has a purity, and if that is shown.

    It is of fields on which the threshold may be chosen.

    Returns
    -------
    dict
        ``value``: detections at it are in; ``target``: the purity asked for;
        ``reached``: whether any score has it, else `value` is that of best purity;
        ``shown``: whether the purity's exact lower bound, at 95 %, has it too.
    """
    table = curve(judged, Target())
    good = table[table["purity"] >= target]
    row = table.loc[table["purity"].idxmax() if good.empty else good.index[-1]]
    shown = bool(lower_bound(row["true"], row["n"]) >= target)
    found = {"value": float(row["score"]), "target": target}
    return found | {"reached": not good.empty, "shown": shown}


def splits(judged: Judged, threshold: float = -np.inf) -> dict:
    """Return how often a cluster is found more than once, and two as one.

    Returns
    -------
    dict of dict
        ``fragments``: of detections within the tolerances of a cluster, those left
        without one because surer detections took it; ``merged``: of missed clusters,
        those within the tolerances of a detection, which a richer one took; each
        ``k, n, value, low, high``.
    """
    truth = judged.truth
    sure = judged_rows(judged, threshold)
    near, matched = int(sure["FRAGMENT"].sum()), int((sure["TRUTH"] != NONE).sum())
    missed = truth["VALID"].to_numpy() & ~detected(truth, threshold)
    taken = missed & (truth["NEAR"] >= threshold).to_numpy()
    return {
        "fragments": one_share(near, near + matched),
        "merged": one_share(taken.sum(), missed.sum()),
    }


def redshift_errors(
    judged: Judged, rng: np.random.Generator, threshold: float = -np.inf
) -> dict:
    """Return bias and scatter of redshifts of matched detections.

    Matches are within the rule's tolerance: nothing is said about worse errors.

    Returns
    -------
    dict
        ``n``; ``bias``: median of (z - z_true) / (1 + z_true); ``nmad`` of it;
        ``pull``: nmad of (z - z_true) / Z_ERR, of detections that have one; each with
        ``low, high`` by bootstrap.
    """
    part = matched(judged, threshold)
    error = (part["Z"] - part["TRUE_Z"]).to_numpy()
    pull = error / part["Z_ERR"].to_numpy(float)
    return _errors(error / (1 + part["TRUE_Z"].to_numpy()), pull, rng)


def richness_errors(
    judged: Judged, rng: np.random.Generator, threshold: float = -np.inf
) -> dict:
    """Return as `redshift_errors`, of ln(LAMBDA / true LAMBDA); pull by its error."""
    part = matched(judged, threshold)
    part = part[part["LAMBDA"] > 0]
    error = np.log(part["LAMBDA"] / part["TRUE_LAMBDA"]).to_numpy()
    relative = (part["LAMBDA_ERR"] / part["LAMBDA"]).to_numpy(float)
    return _errors(error, error / relative, rng)


def purity_at_abundance(
    found: dict, alarms: dict, density: float, rng: np.random.Generator
) -> dict:
    """Return the purity of a catalogue of a sky with a stated density of clusters.

    Simulations hold more clusters than the sky does, and so flatter the purity.

    Parameters
    ----------
    found : dict
        Completeness, ``k`` of ``n`` clusters of the kind that `density` counts.
    alarms : dict
        False alarms, ``k`` in ``area`` [deg^2], at the same threshold.
    density : float
        Clusters per deg^2 of the sky.
    rng : Generator
        For the interval: both counts are drawn from their Jeffreys posteriors.

    Returns
    -------
    dict
        ``value, low, high``, and ``true, false``: expected detections per deg^2.
    """
    wrong = alarms["k"] / alarms["area"]
    right = density * found["k"] / found["n"] if found["n"] else np.nan
    drawn = rng.beta(found["k"] + 0.5, found["n"] - found["k"] + 0.5, DRAWS)
    false = rng.gamma(alarms["k"] + 0.5, 1 / alarms["area"], DRAWS)
    true = density * drawn
    value = right / (right + wrong) if right + wrong > 0 else np.nan
    answer = interval(value, true / (true + false))
    return answer | {"true": float(right), "false": float(wrong)}


def matched(judged: Judged, threshold: float = -np.inf) -> pd.DataFrame:
    """Return the detections on valid sky that are clusters, from a score on."""
    found = judged_rows(judged, threshold)
    return found[found["TRUTH"] != NONE]


def _errors(error: np.ndarray, pull: np.ndarray, rng: np.random.Generator) -> dict:
    kept = np.isfinite(error)
    error, pull = error[kept], pull[kept & np.isfinite(pull)]
    measures = {"bias": (np.median, error), "nmad": (nmad, error), "pull": (nmad, pull)}
    return {"n": len(error)} | {k: bootstrap(*v, rng) for k, v in measures.items()}
