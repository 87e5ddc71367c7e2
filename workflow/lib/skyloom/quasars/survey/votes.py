"""Votes of an ensemble on each spectrum, and each line's mean over the members."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import entr, expit

from skyloom.quasars.network.decode import (
    HIGH_Z,
    LOW_Z,
    NOT,
    Z_SPLIT,
    Lines,
    best,
    labels,
)

BORDER = 0.05  # in redshift; members of little training scatter by as much


class Votes(NamedTuple):
    """Shares of the members (no quasar, low z, high z), entropy and BALD, (n,) each."""

    c_not: np.ndarray
    c_low: np.ndarray
    c_high: np.ndarray
    entropy: np.ndarray
    bald: np.ndarray


def vote(
    lines: Lines, c_th: float, n_detect: int, use: np.ndarray | None = None
) -> Votes:
    """Count the votes; entropies are in nats.

    A member says quasar if `n_detect` lines have a confidence above `c_th`. `use`
    (members, n), bool, says which members may vote on which spectrum, for out-of-bag
    scores; a spectrum that no member may vote on gets NaN.
    """
    label = labels(lines, c_th, n_detect)
    weight = member_weights(label.shape, use)
    shares = np.stack(
        [(weight * (label == which)).sum(0) for which in (NOT, LOW_Z, HIGH_Z)]
    )
    probabilities = class_probabilities(lines, n_detect)
    return Votes(*shares, entr(shares).sum(axis=0), bald(probabilities, weight))


def member_weights(shape: tuple[int, int], use: np.ndarray | None) -> np.ndarray:
    """Return weights (members, n) that sum to 1 a spectrum, NaN where none may vote."""
    if use is None:
        return np.full(shape, 1.0 / shape[0])
    count = np.asarray(use, bool).sum(axis=0)
    return np.where(count > 0, use / np.maximum(count, 1), np.nan)


def class_probabilities(lines: Lines, n_detect: int) -> np.ndarray:
    """Return each member's probabilities (3, members, n): none, low-z, high-z quasar.

    A quasar is as likely as the `n_detect`-th most confident line. The border at
    `Z_SPLIT` is `BORDER` wide: members that see one quasar on its two sides hardly
    disagree.
    """
    seen = lines.emission.confidence.astype(np.float64)
    probability = np.sort(seen, axis=-1)[..., -n_detect]
    z, _ = best(lines)
    far = expit((z.astype(np.float64) - Z_SPLIT) / BORDER)
    return np.stack([1 - probability, probability * (1 - far), probability * far])


def bald(probabilities: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the mutual information of class and member, (n,), in nats.

    Entropy of the mean of `probabilities` (classes, members, n) minus the mean of their
    entropies. `weight` (members, n) sums to 1 a spectrum. Source: Houlsby et al. 2011,
    arXiv 1112.5745.
    """
    mean = (probabilities * weight).sum(axis=1)
    own = (entr(probabilities).sum(axis=0) * weight).sum(axis=0)
    return np.maximum(entr(mean).sum(axis=0) - own, 0.0)


class LineSummary(NamedTuple):
    """Confidence and redshift of each line over the members, (n, lines) each."""

    confidence: np.ndarray
    confidence_sd: np.ndarray
    z: np.ndarray
    z_sd: np.ndarray


def summarise_lines(lines: Lines, use: np.ndarray | None = None) -> LineSummary:
    """Return mean and standard deviation of confidences, median and scatter of z.

    A member's redshift counts by its confidence; the scatter is half the distance of
    the quantiles that hold 68 %. For `lines` and `use` see `vote`.
    """
    seen = lines.emission
    weight = member_weights(seen.confidence.shape[:2], use)[..., None]
    confidence = seen.confidence.astype(np.float64)
    mean = (weight * confidence).sum(axis=0)
    spread = np.sqrt((weight * (confidence - mean) ** 2).sum(axis=0))
    counted = weight * np.maximum(confidence, 1e-12)
    low, middle, high = quantiles(seen.z, counted, (0.16, 0.5, 0.84))
    return LineSummary(mean, spread, middle, (high - low) / 2)


def quantiles(
    values: np.ndarray, weight: np.ndarray, levels: tuple[float, ...]
) -> list[np.ndarray]:
    """Return weighted quantiles over the first axis, NaN where a weight is NaN.

    The smallest value with at least the level's share of the weight at or below it.
    """
    order = np.argsort(values, axis=0)
    ranked = np.take_along_axis(values, order, axis=0)
    share = np.cumsum(np.take_along_axis(weight, order, axis=0), axis=0)
    total = share[-1]
    found = []
    for level in levels:
        at = (share < level * total * (1 - 1e-12)).sum(axis=0)
        value = np.take_along_axis(ranked, at[None], axis=0)[0]
        found.append(np.where(np.isfinite(total), value, np.nan))
    return found
