"""One redshift of all proposals, its error, and the next best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from skyloom.quasars.network.lines import C
from skyloom.quasars.survey.proposals import Proposals
from skyloom.quasars.survey.votes import quantiles
from skyloom.stats.calibration import logit
from skyloom.stats.scatter import nmad

ROUNDS = 15  # of reweighting; the estimate moves by less than 1 km/s long before
LEAST = 8  # objects a line must have been seen in, to be given a bias of its own
POWER = 4.0  # a proposal of confidence c weighs c to this power
WINDOW = 3000.0 / C  # in ln(1 + z), within which proposals support one another
WIDTH = 1500.0 / C  # in ln(1 + z), at which a proposal's weight is a quarter
SURE = 0.5  # confidence above which a proposal calibrates its line
NEAR = 0.02  # in ln(1 + z), within which a proposal is right
SN = (0.1, 10.0)  # beyond, errors change no more with the S/N
POWERS = ("sn", "odds")
POWERED = 100  # quasars that tell powers; with fewer they are 0
MOST = 5.0  # size of a power
QUARTILE = 0.6745  # of a normal deviate's size, half are below


@dataclass(frozen=True)
class Calibration:
    """Errors of an ensemble's redshifts, learned where the truth is known.

    Attributes
    ----------
    bias, scatter : tuple of float
        Each line's median of ln(1 + z) minus the truth, and its scatter about that.
    scale, floor : float
        z_err² = (1 + z)² (floor² + (scale · spread · S/N^sn · odds^odds)²), found so
        that errors have unit scatter in units of z_err.
    sn, odds : float
        Powers of the median S/N per pixel, and of the odds of the best line's mean
        confidence: what proposals agree on can be wrong where both are low.
    """

    bias: tuple[float, ...]
    scatter: tuple[float, ...]
    scale: float
    floor: float
    sn: float = 0.0
    odds: float = 0.0

    @classmethod
    def unknown(cls, lines: int) -> Calibration:
        """Return what is assumed without truth: no bias, all lines alike."""
        return cls((0.0,) * lines, (700.0 / C,) * lines, 1.0, 100.0 / C)

    @classmethod
    def from_json(cls, tree: Mapping) -> Calibration:
        """Return what `dataclasses.asdict` made plain; ValueError for other numbers."""
        bias, scatter = (tuple(map(float, tree[key])) for key in ("bias", "scatter"))
        scale, floor, *powers = (float(tree[k]) for k in ("scale", "floor", *POWERS))
        if not np.isfinite([*bias, *scatter, scale, floor, *powers]).all():
            msg = "numbers that are not finite"
            raise ValueError(msg)
        if min(scale, floor, *scatter) <= 0 or max(map(abs, bias), default=0) > 1:
            msg = "a scale, floor or scatter of 0 or less, or a bias above 1"
            raise ValueError(msg)
        if max(map(abs, powers)) > MOST:
            msg = f"a power beyond {MOST:g}"
            raise ValueError(msg)
        return cls(bias, scatter, scale, floor, *powers)

    @property
    def window(self) -> float:
        """Return the window, in ln(1 + z): 3 scatters of the best line or more."""
        return max(WINDOW, 3 * min(self.scatter))

    @property
    def width(self) -> float:
        """Return the width, in ln(1 + z): 1.5 scatters of the best line or more."""
        return max(WIDTH, 1.5 * min(self.scatter))

    def error(self, spread, sn, confidence) -> np.ndarray:
        """Return errors in ln(1 + z), (n,), of spreads, S/N and best confidences."""
        powers = self.sn * _log_sn(sn) + self.odds * logit(confidence)
        return np.hypot(self.floor, self.scale * spread * np.exp(powers))


class Consensus(NamedTuple):
    """Redshifts of n spectra; every array has shape (n,), float64.

    `support` is the share of all weight within the window about `z`; `z_alternative`
    the best redshift outside of it, and `alternative` its share: NaN and 0 where there
    is none. `z_err` was made of `spread`, in ln(1 + z), and of `confidence`, the best
    line's mean over the proposers.
    """

    z: np.ndarray
    z_err: np.ndarray
    support: np.ndarray
    z_alternative: np.ndarray
    alternative: np.ndarray
    spread: np.ndarray
    confidence: np.ndarray

    def replaced(self, index: np.ndarray, by: Consensus) -> Consensus:
        """Return the same with the redshifts at `index` taken from another."""
        both = [(old.copy(), new) for old, new in zip(self, by, strict=True)]
        for values, new in both:
            values[index] = new
        return Consensus(*(values for values, _ in both))


def consensus(
    proposals: Proposals, calibration: Calibration, sn: np.ndarray | float = 1.0
) -> Consensus:
    r"""Return the redshift that most weight agrees on, without the lines' biases.

    The median of each line over its proposers is a candidate; the one with the most
    weight within the window wins. From there

    .. math:: u \leftarrow \frac{\sum w_i k_i u_i}{\sum w_i k_i}, \quad
        k_i = \Big(1 + \frac{(u_i - u)^2}{h^2}\Big)^{-2}, \quad
        w_i = c_i^p / \sigma_l^2,

    over proposers and lines: a proposal far away counts for nothing. `sn` (n,), the
    median S/N per pixel, is for the errors.
    """
    u = proposals.u - np.asarray(calibration.bias)
    weight = _weights(proposals.confidence, calibration)
    window, width = calibration.window, calibration.width
    candidates = quantiles(u, weight, (0.5,))[0]
    share = _support(u, weight, candidates, window)
    first = share.argmax(axis=1)[:, None]
    start = np.take_along_axis(candidates, first, axis=1)[:, 0]
    centre = _refined(u, weight, start, width)
    support = _support(u, weight, centre[:, None], window)[:, 0]
    other, alternative = _alternative(candidates, share, centre, window)
    spread = _spread(u, weight, centre, width)
    best = _best(proposals.confidence)
    error = calibration.error(spread, sn, best)
    z = np.expm1(centre)
    near = (1 + z) * error, support, np.expm1(other), alternative
    return Consensus(z, *near, spread, best)


def fit_calibration(
    proposals: Proposals, z: np.ndarray, sn: np.ndarray | float = 1.0
) -> Calibration:
    """Learn biases, scatters and errors from quasars of known redshift z (n,).

    The proposals are of members that were not trained on them; for biases and scatters
    one counts if its confidence is above `SURE` and it is right to `NEAR`, for errors
    all count of quasars whose best line is above `SURE`. `sn` (n,) is their median S/N
    per pixel.

    Raises
    ------
    ValueError
        Fewer than `LEAST` quasars in all.
    """
    truth = np.log1p(np.asarray(z, np.float64))
    if len(truth) < LEAST:
        msg = f"{len(truth)} quasars of known redshift: at least {LEAST} are needed"
        raise ValueError(msg)
    error = proposals.u - truth[:, None]
    counts = (proposals.confidence > SURE) & (np.abs(error) < NEAR)
    lines = error.shape[-1]
    start = Calibration.unknown(lines)
    found = [_line(error[..., k], counts[..., k], start, k) for k in range(lines)]
    bias, scatter = (tuple(part) for part in zip(*found, strict=True))
    first = Calibration(bias, scatter, start.scale, start.floor)
    result = consensus(proposals, first, sn)
    miss = np.log1p(result.z) - truth
    sure = result.confidence > SURE
    sn = np.broadcast_to(sn, sure.shape)
    facts = result.spread[sure], sn[sure], result.confidence[sure]
    return _errors(miss[sure], facts, first)


def _weights(confidence, calibration) -> np.ndarray:
    # The least confident still weigh something, so that every spectrum has a redshift.
    trust = np.maximum(confidence.astype(np.float64), 1e-3) ** POWER
    trust = np.where(confidence > 0, trust, 1e-30)
    return trust / np.asarray(calibration.scatter) ** 2


def _support(u, weight, candidates, window: float) -> np.ndarray:
    """Return the share of weight within the window of each of (n, k) candidates."""
    total = weight.sum(axis=(0, 2))
    shares = []
    for k in range(candidates.shape[1]):
        near = np.abs(u - candidates[:, k, None]) < window
        shares.append((weight * near).sum(axis=(0, 2)) / total)
    return np.stack(shares, axis=1)


def _kernel(u, centre, width: float) -> np.ndarray:
    return 1.0 / (1.0 + ((u - centre[:, None]) / width) ** 2) ** 2


def _refined(u, weight, centre, width: float) -> np.ndarray:
    # From wide to narrow, so that the start's own line does not hold it.
    for k in range(ROUNDS):
        wide = width * (1 + 0.5**k)
        counted = weight * _kernel(u, centre, wide)
        centre = (counted * u).sum(axis=(0, 2)) / counted.sum(axis=(0, 2))
    return centre


def _alternative(candidates, share, centre, window: float):
    """Return the best candidate out of the window about the centre, and its share."""
    away = np.abs(candidates - centre[:, None]) > window
    left = np.where(away, share, -1.0)
    top = left.argmax(axis=1)[:, None]
    most = np.take_along_axis(left, top, axis=1)[:, 0]
    other = np.take_along_axis(candidates, top, axis=1)[:, 0]
    return np.where(most >= 0, other, np.nan), np.maximum(most, 0.0)


def _spread(u, weight, centre, width: float) -> np.ndarray:
    """Return the standard error of the mean of the lines that support the centre.

    Members and shifts of one line err together; lines, largely, do not.
    """
    counted = weight * _kernel(u, centre, width)
    total = counted.sum(axis=(0, 2))
    variance = (counted * (u - centre[:, None]) ** 2).sum(axis=(0, 2)) / total
    by_line = counted.sum(axis=0)
    independent = by_line.sum(axis=1) ** 2 / (by_line**2).sum(axis=1)
    return np.sqrt(variance / independent)


def _line(error, counts, start: Calibration, k: int) -> tuple[float, float]:
    objects = counts.any(axis=0).sum()
    if objects < LEAST:
        return start.bias[k], start.scatter[k]
    return robust(error[counts])


def robust(values: np.ndarray) -> tuple[float, float]:
    """Return median and nmad."""
    return float(np.median(values)), float(nmad(values))


def _log_sn(sn) -> np.ndarray:
    return np.log(np.clip(np.nan_to_num(np.asarray(sn, np.float64)), *SN))


def _best(confidence: np.ndarray) -> np.ndarray:
    """Return the best line's mean confidence over those who may speak, (n,)."""
    speak = np.maximum((confidence > 0).any(axis=2).sum(axis=0), 1)
    return (confidence.sum(axis=0, dtype=np.float64) / speak[:, None]).max(axis=1)


def _errors(miss: np.ndarray, facts: tuple, first: Calibration) -> Calibration:
    """Return `first` with the errors that are likeliest, of unit robust scatter.

    `facts` are those of `Calibration.error`. Cauchy's distribution stands for the
    errors: half of them are smaller than its width at any S/N, however far the rest.
    """
    if len(miss) < LEAST:
        return first

    def known(p: np.ndarray) -> Calibration:
        scale, floor = np.exp(p[:2])
        return replace(
            first, scale=scale, floor=floor, **dict(zip(POWERS, p[2:], strict=False))
        )

    def cost(p: np.ndarray) -> float:
        width = QUARTILE * known(p).error(*facts)
        return float((np.log(width) + np.log1p((miss / width) ** 2)).mean())

    floor = np.log(max(robust(miss)[1] / 2, 10.0 / C))
    bounds = [(-9.0, 9.0), (np.log(10.0 / C), np.log(3000.0 / C)), (-2, 0), (-2, 0)]
    start = 1.0, min(floor, bounds[1][1]), -0.2, -0.1
    free = 4 if len(miss) >= POWERED else 2
    how = {"method": "Nelder-Mead", "options": {"maxiter": 4000}}
    found = known(minimize(cost, start[:free], bounds=bounds[:free], **how).x)
    pull = robust(miss / found.error(*facts))[1]
    numbers = found.scale * pull, found.floor * pull, found.sn, found.odds
    return Calibration(first.bias, first.scatter, *map(float, numbers))
