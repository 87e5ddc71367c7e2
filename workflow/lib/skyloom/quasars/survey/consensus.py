"""One redshift of all proposals, its error, and the next best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from skyloom.quasars.network.lines import C
from skyloom.quasars.survey.proposals import Proposals
from skyloom.quasars.survey.votes import quantiles
from skyloom.stats.scatter import nmad

ROUNDS = 15  # of reweighting; the estimate moves by less than 1 km/s long before
LEAST = 8  # objects a line must have been seen in, to be given a bias of its own
POWER = 4.0  # a proposal of confidence c weighs c to this power
WINDOW = 3000.0 / C  # in ln(1 + z), within which proposals support one another
WIDTH = 1500.0 / C  # in ln(1 + z), at which a proposal's weight is a quarter
SURE = 0.5  # confidence above which a proposal calibrates its line
NEAR = 0.02  # in ln(1 + z), within which a proposal is right


@dataclass(frozen=True)
class Calibration:
    """Errors of an ensemble's redshifts, learned where the truth is known.

    Attributes
    ----------
    bias, scatter : tuple of float
        Each line's median of ln(1 + z) minus the truth, and its scatter about that.
    scale, floor : float
        z_err² = (1 + z)² (floor² + (scale · spread)²), both found so that errors
        have unit scatter in units of z_err.
    """

    bias: tuple[float, ...]
    scatter: tuple[float, ...]
    scale: float
    floor: float

    @classmethod
    def unknown(cls, lines: int) -> Calibration:
        """Return what is assumed without truth: no bias, all lines alike."""
        return cls((0.0,) * lines, (700.0 / C,) * lines, 1.0, 100.0 / C)

    @classmethod
    def from_json(cls, tree: Mapping) -> Calibration:
        """Return what `dataclasses.asdict` made plain; ValueError for other numbers."""
        bias, scatter = (tuple(map(float, tree[key])) for key in ("bias", "scatter"))
        scale, floor = float(tree["scale"]), float(tree["floor"])
        if not np.isfinite([*bias, *scatter, scale, floor]).all():
            msg = "numbers that are not finite"
            raise ValueError(msg)
        if min(scale, floor, *scatter) <= 0 or max(map(abs, bias), default=0) > 1:
            msg = "a scale, floor or scatter of 0 or less, or a bias above 1"
            raise ValueError(msg)
        return cls(bias, scatter, scale, floor)

    @property
    def window(self) -> float:
        """Return the window, in ln(1 + z): 3 scatters of the best line or more."""
        return max(WINDOW, 3 * min(self.scatter))

    @property
    def width(self) -> float:
        """Return the width, in ln(1 + z): 1.5 scatters of the best line or more."""
        return max(WIDTH, 1.5 * min(self.scatter))


class Consensus(NamedTuple):
    """Redshifts of n spectra; every array has shape (n,), float64.

    `support` is the share of all weight within the window about `z`; `z_alternative`
    the best redshift outside of it, and `alternative` its share: NaN and 0 where there
    is none. `z_err` was made of `spread`, in ln(1 + z).
    """

    z: np.ndarray
    z_err: np.ndarray
    support: np.ndarray
    z_alternative: np.ndarray
    alternative: np.ndarray
    spread: np.ndarray

    def replaced(self, index: np.ndarray, by: Consensus) -> Consensus:
        """Return the same with the redshifts at `index` taken from another."""
        both = [(old.copy(), new) for old, new in zip(self, by, strict=True)]
        for values, new in both:
            values[index] = new
        return Consensus(*(values for values, _ in both))


def consensus(proposals: Proposals, calibration: Calibration) -> Consensus:
    r"""Return the redshift that most weight agrees on, without the lines' biases.

    The median of each line over its proposers is a candidate; the one with the most
    weight within the window wins. From there

    .. math:: u \leftarrow \frac{\sum w_i k_i u_i}{\sum w_i k_i}, \quad
        k_i = \Big(1 + \frac{(u_i - u)^2}{h^2}\Big)^{-2}, \quad
        w_i = c_i^p / \sigma_l^2,

    over proposers and lines: a proposal far away counts for nothing.
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
    error = np.hypot(calibration.floor, calibration.scale * spread)
    z = np.expm1(centre)
    return Consensus(z, (1 + z) * error, support, np.expm1(other), alternative, spread)


def fit_calibration(proposals: Proposals, z: np.ndarray) -> Calibration:
    """Learn biases, scatters and errors from quasars of known redshift z (n,).

    The proposals are of members that were not trained on them; one counts if its
    confidence is above `SURE` and it is right to `NEAR`.

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
    result = consensus(proposals, first)
    miss = np.log1p(result.z) - truth
    near = np.abs(miss) < NEAR
    scale, floor = _errors(miss[near], result.spread[near])
    return Calibration(bias, scatter, scale, floor)


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


def _errors(miss: np.ndarray, spread: np.ndarray) -> tuple[float, float]:
    """Return scale and floor that make the errors likeliest, of unit robust scatter.

    Laplace's distribution stands for the errors: its wings take the outliers.
    """
    if len(miss) < LEAST:
        start = Calibration.unknown(0)
        return start.scale, start.floor

    def cost(logs: np.ndarray) -> float:
        error = np.hypot(np.exp(logs[1]), np.exp(logs[0]) * spread)
        return float((np.log(error) + np.abs(miss) / error).mean())

    bounds = [(-3.0, 3.0), (np.log(10.0 / C), np.log(3000.0 / C))]
    middle = np.log(max(robust(miss)[1], 10.0 / C))
    found = minimize(cost, (0.0, middle), method="Nelder-Mead", bounds=bounds)
    scale, floor = np.exp(found.x)
    pull = robust(miss / np.hypot(floor, scale * spread))[1]
    return float(scale * pull), float(floor * pull)
