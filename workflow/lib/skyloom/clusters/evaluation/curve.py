"""Purity against completeness over all thresholds, and its area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skyloom.clusters.evaluation.judge import NONE, Judged


@dataclass(frozen=True, slots=True)
class Target:
    """The clusters that are to be found, by LAMBDA and Z; lower ends are in."""

    lambda_from: float = -np.inf
    lambda_to: float = np.inf
    z_from: float = -np.inf
    z_to: float = np.inf

    def holds(self, truth: pd.DataFrame) -> np.ndarray:
        """Return which clusters are meant, bool of shape (n,)."""
        rich, z = truth["LAMBDA"].to_numpy(), truth["Z"].to_numpy()
        inside = (rich >= self.lambda_from) & (rich < self.lambda_to)
        return inside & (z >= self.z_from) & (z < self.z_to)


@dataclass(frozen=True)
class Events:
    """What a curve is made of, by falling score.

    Attributes
    ----------
    score, true, field : ndarray, shape (n,)
        Of valid detections; whether each is a cluster, of any richness that counts.
    found_score, found_field : ndarray, shape (m,)
        Of the detection of each valid target (NaN for none); the target's field.
    last : ndarray of bool, shape (n,)
        Whether the next detection has another score: thresholds lie only there.
    """

    score: np.ndarray
    true: np.ndarray
    field: np.ndarray
    found_score: np.ndarray
    found_field: np.ndarray
    last: np.ndarray


def detected(truth: pd.DataFrame, threshold: float) -> np.ndarray:
    """Return which rows of a judged truth have a detection from a score on."""
    score = truth["SCORE"].to_numpy(np.float64)
    return np.isfinite(score) & (np.nan_to_num(score) >= threshold)


def judged_rows(judged: Judged, threshold: float = -np.inf) -> pd.DataFrame:
    """Return the detections that count: those on valid sky, from a score on."""
    return judged.found[judged.found["VALID"] & (judged.found["SCORE"] >= threshold)]


def events(judged: Judged, target: Target) -> Events:
    """Return valid detections and valid targets, sorted."""
    found = judged_rows(judged).sort_values("SCORE", ascending=False, kind="stable")
    truth = judged.truth[judged.truth["VALID"]]
    truth = truth[target.holds(truth)]
    score = found["SCORE"].to_numpy(np.float64)
    last = np.append(score[1:] != score[:-1], np.ones(min(len(score), 1), bool))
    return Events(
        score,
        (found["TRUTH"] != NONE).to_numpy(),
        found["FIELD"].to_numpy(),
        truth["SCORE"].to_numpy(np.float64),
        truth["FIELD"].to_numpy(),
        last,
    )


def curve(judged: Judged, target: Target) -> pd.DataFrame:
    """Return purity and completeness of the catalogue at each threshold.

    Purity counts a detection of any cluster as true; completeness is that of the
    target. So a poor cluster that is found is no false alarm of a search for rich
    ones, and no success either.

    Returns
    -------
    DataFrame
        By falling ``score``: ``n`` detections from it on, ``true`` of them,
        ``purity``, ``found`` targets of ``targets``, ``completeness`` (NaN without
        targets).
    """
    data = events(judged, target)
    n, true = np.arange(1, len(data.score) + 1), np.cumsum(data.true)
    hit = np.sort(data.found_score[np.isfinite(data.found_score)])
    found = len(hit) - np.searchsorted(hit, data.score, "left")
    targets = len(data.found_score)
    table = {"score": data.score, "n": n, "true": true, "purity": true / n}
    table |= {"found": found, "targets": targets}
    table["completeness"] = found / targets if targets else np.nan
    return pd.DataFrame(table)[data.last].reset_index(drop=True)


def average_precision(judged: Judged, target: Target) -> float:
    """Return the mean, over targets, of the purity at the score that finds each.

    A target that is never found adds 0. NaN without targets.

    Source: Everingham et al. 2010, IJCV 88, 303, without their interpolation.
    """
    data = events(judged, target)
    every = np.ones((1, len(data.score))), np.ones((1, len(data.found_score)))
    return float(weighted_precision(data, *every)[0])


def weighted_precision(data: Events, of_found, of_targets) -> np.ndarray:
    """Return the average precision of weighted events, shape (draws,).

    Weights of detections (draws, n) and of targets (draws, m) are such as how often a
    bootstrap drew their field. NaN where no target was drawn.
    """
    purity = weighted_purity(data, of_found)
    hit = np.isfinite(data.found_score)
    # The row of the last detection at or above the score of each found target.
    place = np.searchsorted(-data.score, -data.found_score[hit], "right") - 1
    # A target may be found by a detection beyond the edge, surer than all within.
    first = np.ones((len(of_found), 1))
    purity = np.concatenate([first, purity], axis=1)[:, place + 1]
    total = of_targets.sum(axis=1)
    gained = (of_targets[:, hit] * purity).sum(axis=1)
    return np.divide(gained, total, np.full(len(total), np.nan), where=total > 0)


def weighted_purity(data: Events, of_found: np.ndarray) -> np.ndarray:
    """Return the purity down to each detection, shape (draws, n); 1 of nothing."""
    n = np.cumsum(of_found, axis=1)
    true = np.cumsum(of_found * data.true, axis=1)
    return np.divide(true, n, np.ones_like(n), where=n > 0)


def weighted_completeness(
    data: Events, of_found: np.ndarray, of_targets: np.ndarray, purity: float
) -> np.ndarray:
    """Return the completeness at the lowest threshold that has a purity.

    As `weighted_precision`; 0 where no threshold reaches the purity.
    """
    good = (weighted_purity(data, of_found) >= purity) & data.last
    good &= np.cumsum(of_found, axis=1) > 0
    score = np.where(good, data.score, np.inf).min(axis=1, initial=np.inf)
    hit = np.nan_to_num(data.found_score, nan=-np.inf)[None, :] >= score[:, None]
    total = of_targets.sum(axis=1)
    found = (of_targets * hit).sum(axis=1)
    return np.divide(found, total, np.full(len(total), np.nan), where=total > 0)
