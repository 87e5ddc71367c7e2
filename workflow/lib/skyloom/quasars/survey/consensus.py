"""One redshift of all proposals, its error, and the next best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from scipy.optimize import minimize

from skyloom.quasars.survey.proposals import Proposals
from skyloom.quasars.survey.votes import quantiles

C = 299792.458  # km/s
ROUNDS = 15  # of reweighting; the estimate moves by less than 1 km/s long before
LEAST = 8  # objects a line must have been seen in, to be given a bias of its own


@dataclass(frozen=True)
class Calibration:
    """What the lines of an ensemble are worth, learned where the truth is known.

    Attributes
    ----------
    bias : tuple of float
        A line's mean ln(1 + z) minus the truth: emission lines are shifted, and a
        network may be.
    scatter : tuple of float
        A line's scatter about the truth after that, in ln(1 + z).
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
        """Return what `dataclasses.asdict` made plain."""
        vectors = (tuple(map(float, tree[key])) for key in ("bias", "scatter"))
        return cls(*vectors, float(tree["scale"]), float(tree["floor"]))


@dataclass(frozen=True)
class ConsensusSettings:
    """How proposals are joined.

    Attributes
    ----------
    power : float
        A proposal of confidence c weighs c to this power.
    window : float
        km/s within which proposals support one another; 3 times the scatter of the
        best line if that is more.
    width : float
        km/s at which a proposal's weight has fallen to a quarter, in the last rounds;
        1.5 times the scatter of the best line if that is more.
    """

    power: float = 4.0
    window: float = 3000.0
    width: float = 1500.0

    def widened(self, calibration: Calibration) -> tuple[float, float]:
        """Return window and width in ln(1 + z), for lines that scatter so."""
        least = min(calibration.scatter)
        return max(self.window / C, 3 * least), max(self.width / C, 1.5 * least)


@dataclass(frozen=True)
class Consensus:
    """Redshifts of n spectra; every array has shape (n,), float64.

    Attributes
    ----------
    z, z_err : ndarray
        The consensus and its error.
    support : ndarray
        Share of all weight that lies within the window about `z`, 0..1.
    z_alternative, alternative : ndarray
        The best redshift outside the window, and its share of the weight; NaN and 0
        where there is none.
    spread : ndarray
        What `z_err` was made of, in ln(1 + z), for calibration.
    """

    z: np.ndarray
    z_err: np.ndarray
    support: np.ndarray
    z_alternative: np.ndarray
    alternative: np.ndarray
    spread: np.ndarray

    def replaced(self, index: np.ndarray, by: Consensus) -> Consensus:
        """Return the same with the redshifts at `index` taken from another."""
        parts = {}
        for field in fields(self):
            values = getattr(self, field.name).copy()
            values[index] = getattr(by, field.name)
            parts[field.name] = values
        return Consensus(**parts)


def consensus(
    proposals: Proposals,
    calibration: Calibration,
    settings: ConsensusSettings | None = None,
) -> Consensus:
    r"""Return the redshift that most weight agrees on.

    The middle of each line over its proposers is a candidate; the one with the most
    weight within the window wins. From there

    .. math:: u \leftarrow \frac{\sum w_i k_i u_i}{\sum w_i k_i}, \quad
        k_i = \Big(1 + \frac{(u_i - u)^2}{h^2}\Big)^{-2}, \quad
        w_i = c_i^p / \sigma_l^2,

    over proposers and lines: a proposal far away counts for nothing.

    Parameters
    ----------
    proposals : Proposals
        Of n spectra.
    calibration : Calibration
        Of the ensemble; its biases are taken away first.
    settings : ConsensusSettings, optional
        The defaults unless given.
    """
    settings = settings or ConsensusSettings()
    u = proposals.u - np.asarray(calibration.bias)
    weight = _weights(proposals.confidence, calibration, settings)
    window, width = settings.widened(calibration)
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


def fit_calibration(
    proposals: Proposals,
    z: np.ndarray,
    settings: ConsensusSettings | None = None,
    *,
    above: float = 0.5,
) -> Calibration:
    """Learn biases, scatters and errors from quasars of known redshift.

    Parameters
    ----------
    proposals : Proposals
        For n quasars, by members that were not trained on them.
    z : ndarray, shape (n,)
        The truth.
    settings : ConsensusSettings, optional
        As they will be used.
    above : float
        A proposal counts from this confidence on, and if it is right to 0.02 (1+z).

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
    counts = (proposals.confidence > above) & (np.abs(error) < 0.02)
    lines = error.shape[-1]
    start = Calibration.unknown(lines)
    found = [_line(error[..., k], counts[..., k], start, k) for k in range(lines)]
    bias, scatter = (tuple(part) for part in zip(*found, strict=True))
    first = Calibration(bias, scatter, start.scale, start.floor)
    result = consensus(proposals, first, settings)
    miss = np.log1p(result.z) - truth
    near = np.abs(miss) < 0.02
    scale, floor = _errors(miss[near], result.spread[near])
    return Calibration(bias, scatter, scale, floor)


def _weights(confidence, calibration, settings) -> np.ndarray:
    # The least confident still weigh something, so that every spectrum has a redshift.
    trust = np.maximum(confidence.astype(np.float64), 1e-3) ** settings.power
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
    chance = np.take_along_axis(left, top, axis=1)[:, 0]
    other = np.take_along_axis(candidates, top, axis=1)[:, 0]
    return np.where(chance >= 0, other, np.nan), np.maximum(chance, 0.0)


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
    """Return median and 1.4826 times the median distance from it."""
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


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

    low = np.log(10.0 / C)
    bounds = [(-3.0, 3.0), (low, np.log(3000.0 / C))]
    middle = np.log(max(robust(miss)[1], 10.0 / C))
    found = minimize(cost, (0.0, middle), method="Nelder-Mead", bounds=bounds)
    scale, floor = np.exp(found.x)
    pull = robust(miss / np.hypot(floor, scale * spread))[1]
    return float(scale * pull), float(floor * pull)
