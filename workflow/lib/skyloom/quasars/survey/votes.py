"""What an ensemble says of each spectrum: votes, doubt, and the lines it sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

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


@dataclass(frozen=True)
class VoteSettings:
    """When a member votes for a quasar.

    Attributes
    ----------
    c_th : float
        Confidence above which a line counts.
    n_detect : int
        Lines that must count.
    z_split : float
        Redshift from which on a quasar is a distant one.
    """

    c_th: float = 0.95
    n_detect: int = 1
    z_split: float = Z_SPLIT


@dataclass(frozen=True)
class Votes:
    """The votes on n spectra; every array has shape (n,).

    Attributes
    ----------
    c_not, c_low, c_high : ndarray, float64
        Shares of the members: no quasar, one below and one above `z_split`.
    entropy : ndarray, float64, nats
        Of these shares, −Σ c ln c: 0 to ln 3.
    bald : ndarray, float64, nats
        What the members' disagreement adds to their own doubts, see `bald`.
    """

    c_not: np.ndarray
    c_low: np.ndarray
    c_high: np.ndarray
    entropy: np.ndarray
    bald: np.ndarray


def vote(lines: Lines, settings: VoteSettings, use: np.ndarray | None = None) -> Votes:
    """Count the votes.

    Parameters
    ----------
    lines : Lines, of arrays (members, n, heads)
        What `skyloom.quasars.network.decode.decode` returns.
    settings : VoteSettings
        When a member says quasar.
    use : ndarray of bool, shape (members, n), optional
        Which members may vote on which spectrum: for out-of-bag scores. A spectrum
        that nobody may vote on gets NaN.
    """
    label = labels(lines, settings.c_th, settings.n_detect, settings.z_split)
    weight = member_weights(label.shape, use)
    shares = np.stack(
        [(weight * (label == which)).sum(0) for which in (NOT, LOW_Z, HIGH_Z)]
    )
    chances = class_chances(lines, settings)
    return Votes(*shares, entropy(shares), bald(chances, weight))


def member_weights(shape: tuple[int, int], use: np.ndarray | None) -> np.ndarray:
    """Return weights (members, n) that sum to 1 a spectrum, NaN where none may vote."""
    if use is None:
        return np.full(shape, 1.0 / shape[0])
    count = np.asarray(use, bool).sum(axis=0)
    return np.where(count > 0, use / np.maximum(count, 1), np.nan)


def entropy(chances: np.ndarray) -> np.ndarray:
    """Return −Σ p ln p over the first axis, in nats; 0 ln 0 is 0."""
    p = np.asarray(chances, np.float64)
    logs = np.log(np.where(p > 0, p, 1.0))
    return np.abs(-(p * logs).sum(axis=0))


def class_chances(lines: Lines, settings: VoteSettings) -> np.ndarray:
    """Return each member's chances (3, members, n): none, low-z, high-z quasar.

    A quasar is as likely as the line is confident that decides: the `n_detect`-th
    most confident one. Its redshift is that of the most confident line. The border at
    `z_split` is `BORDER` wide: members that see one quasar on its two sides hardly
    disagree, and nobody need look at it.
    """
    seen = lines.emission.confidence.astype(np.float64)
    chance = np.sort(seen, axis=-1)[..., -settings.n_detect]
    z, _ = best(lines)
    far = expit((z.astype(np.float64) - settings.z_split) / BORDER)
    return np.stack([1 - chance, chance * (1 - far), chance * far])


def bald(chances: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the mutual information of class and member, in nats.

    Parameters
    ----------
    chances : ndarray, shape (classes, members, n)
        Of each member.
    weight : ndarray, shape (members, n)
        Sums to 1 a spectrum.

    Returns
    -------
    ndarray, shape (n,)
        Entropy of the mean minus mean of the entropies: large where members are sure
        of different things, 0 where they share the same doubt. Source: Houlsby et
        al. 2011, arXiv 1112.5745.
    """
    mean = (chances * weight).sum(axis=1)
    return np.maximum(entropy(mean) - (entropy(chances) * weight).sum(axis=0), 0.0)


@dataclass(frozen=True)
class LineSummary:
    """Each line over the members; every array has shape (n, lines), float64.

    Attributes
    ----------
    confidence, confidence_sd : ndarray
        Mean and standard deviation over the members.
    z, z_sd : ndarray
        Median over the members, each counted by its confidence, and half the distance
        of the quantiles that hold 68 % of them.
    """

    confidence: np.ndarray
    confidence_sd: np.ndarray
    z: np.ndarray
    z_sd: np.ndarray


def summarise_lines(lines: Lines, use: np.ndarray | None = None) -> LineSummary:
    """Return mean and scatter of every emission line over the members.

    Parameters
    ----------
    lines : Lines, of arrays (members, n, heads)
        What the members see.
    use : ndarray of bool, shape (members, n), optional
        See `vote`.
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
    """Return weighted quantiles over the first axis.

    The smallest value with at least the level's share of the weight at or below it;
    NaN where a weight is NaN.

    Parameters
    ----------
    values, weight : ndarray, the same shape
        Weights are not negative, and not all zero.
    levels : tuple of float
        0 to 1.
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
