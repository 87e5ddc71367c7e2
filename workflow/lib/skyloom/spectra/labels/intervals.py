"""Intervals of 68 %: their scale, their shape in each node, and their calibration.

An interval is made of how far off labels of unseen training galaxies were, in units of
a scale that grows with a spectrum's noise; then both its sides are stretched so that
they hold. The stretch pools errors of two kinds: of galaxies that were held out, which
had no part in any of this, and of those that the label was learned from, each predicted
without it. Scale and shape were fitted to the latter, which are the greater part:
coverage is not guaranteed, and is to be measured on other galaxies, as the rule
`evaluate_labels` does.

Source: conformal prediction for objects of several rows, Lee, Barber & Willett 2023,
arXiv 2306.06342: all rows of a galaxy count as one. They calibrate on galaxies held out
alone. Their allowance for the next galaxy, which may be beyond all that were seen, is
left out: a galaxy's spectra differ enough that it made intervals of a few dozen
galaxies too wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.stats import rankdata

from skyloom.spectra.labels.nodes import Shares, quantiles, weights

TAIL = 0.16  # of the probability, on either side
FEWEST = 6  # galaxies: of fewer, 16 % are less than one
LEAST_SCALE = 1e-6  # of a label that is the same everywhere
PLACES = (0.1, 0.3, 0.5, 0.7, 0.9)  # of knots, among spectra in order of noise
WINDOW = 0.15  # to either side of a knot
DRAWN = 5.0  # galaxies that the shape of all nodes counts in each
NARROWEST = 0.1  # side of an interval, of that of all nodes


@dataclass(frozen=True, eq=False)
class Errors:
    """Errors of a label that its fit did not know of.

    Attributes
    ----------
    error : ndarray, shape (n,)
        True less predicted.
    noise : ndarray, shape (n,)
        Variance of the prediction that the spectrum's noise makes.
    near : Shares
        Of the spectra among nodes.
    galaxies : ndarray, shape (n,)
        Whose spectrum it is.
    """

    error: np.ndarray
    noise: np.ndarray
    near: Shares
    galaxies: np.ndarray


@dataclass(frozen=True, eq=False)
class Interval:
    """What makes an interval of a prediction.

    Attributes
    ----------
    scale : ndarray, shape (3,)
        Of errors by their noise, see `scale`.
    shape : ndarray, shape (n_units, 3)
        16, 50 and 84 % of scaled errors in each node.
    knots : ndarray, shape (5,)
        Natural logarithms of noise, rising.
    stretch : ndarray, shape (2, 5)
        Of the lower and the upper side, at the knots.
    """

    scale: np.ndarray
    shape: np.ndarray
    knots: np.ndarray
    stretch: np.ndarray

    def offsets(self, noise: np.ndarray, near: Shares) -> np.ndarray:
        """Return lower end, median and upper end of errors, shape (3, n)."""
        low, middle, high = scale(self.scale, noise) * near.mix(self.shape).T
        below, above = (np.interp(_log(noise), self.knots, s) for s in self.stretch)
        return np.stack(
            [middle + (low - middle) * below, middle, middle + (high - middle) * above]
        )


def fit_interval(known: Errors, held: Errors, units: int) -> Interval:
    """Return the intervals of a label.

    Parameters
    ----------
    known : Errors
        Of the galaxies that it was learned from, each from a fit without it.
    held : Errors
        Of galaxies that were held out; pooled with the former for the stretch.
    units : int
        Nodes.
    """
    weight = weights(known.galaxies)
    fitted = fit_scale(known.error, known.noise, weight)
    scaled = known.error / scale(fitted, known.noise)
    shape = fit_shape(scaled, known, units)
    # Few galaxies are held out. The others steady them: unseen by the prediction,
    # though not by the shape.
    noise = _log(np.concatenate([held.noise, known.noise]))
    knots = np.quantile(noise, PLACES)
    plain = Interval(fitted, shape, knots, np.ones((2, len(knots))))
    sides = np.hstack([_outness(plain, held), _outness(plain, known)])
    galaxies = np.concatenate([held.galaxies, known.galaxies])
    place = rankdata(noise) / len(noise)
    stretch = [_near(place, knot, sides, galaxies) for knot in PLACES]
    return Interval(fitted, shape, knots, np.transpose(stretch))


def _near(place, knot: float, sides: np.ndarray, galaxies: np.ndarray) -> list[float]:
    """Return the stretch of both sides by the spectra of about as much noise."""
    rows = np.abs(place - knot) < WINDOW
    if len(np.unique(galaxies[rows])) < FEWEST:
        rows = np.full(len(place), True)
    return [calibrate(side[rows], galaxies[rows]) for side in sides]


def fit_scale(error: np.ndarray, noise: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the three numbers of `scale` that are most likely for Laplace's errors.

    Parameters
    ----------
    error : ndarray, shape (n,)
        Of labels of spectra that had no part in the fit.
    noise : ndarray, shape (n,)
        Variance of the label that the spectrum's noise makes.
    weight : ndarray, shape (n,)
        What a spectrum counts.
    """
    size = max(float(np.average(np.abs(error), weights=weight)), LEAST_SCALE)
    typical = max(float(np.average(noise, weights=weight)), LEAST_SCALE**2)

    def loss(logs):
        spread = scale(np.exp(logs), noise)
        return np.average(np.log(spread) + np.abs(error) / spread, weights=weight)

    start = np.log([size, size / np.sqrt(typical), 1.0])
    bounds = [
        (np.log(LEAST_SCALE), start[0] + 3),
        (start[1] - 7, start[1] + 7),
        np.log([0.5, 2.0]),
    ]
    return np.exp(minimize(loss, start, bounds=bounds, method="L-BFGS-B").x)


def scale(fitted: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Return the scale of errors, ``floor^2 + (factor^2 noise)^power`` its square."""
    floor, factor, power = fitted
    return np.sqrt(floor**2 + (factor**2 * noise) ** power + LEAST_SCALE**2)


def fit_shape(error: np.ndarray, errors: Errors, units: int) -> np.ndarray:
    """Return 16, 50 and 84 % of scaled errors in each node, shape (units, 3).

    Those of a node are drawn to those of all, the more the fewer galaxies it has.
    """
    levels = (TAIL, 0.5, 1 - TAIL)
    weight = weights(errors.galaxies)
    common = quantiles(error, weight, levels)
    shape = np.tile(common, (units, 1))
    _, galaxy = np.unique(errors.galaxies, return_inverse=True)
    for k, rows, share in errors.near.members(units):
        counts = weight[rows] * share
        each = np.bincount(galaxy[rows], counts)
        effective = each.sum() ** 2 / (each**2).sum()
        own = effective / (effective + DRAWN)
        shape[k] += own * (quantiles(error[rows], counts, levels) - common)
    least = NARROWEST * (common[2] - common[0]) / 2
    shape[:, 0] = np.minimum(shape[:, 0], shape[:, 1] - least)
    shape[:, 2] = np.maximum(shape[:, 2], shape[:, 1] + least)
    return shape


def calibrate(score: np.ndarray, galaxies: np.ndarray) -> float:
    """Return what one side of an interval is stretched by, so that `TAIL` is beyond it.

    Parameters
    ----------
    score : ndarray, shape (n,)
        How far out each spectrum is, in units of that side; negative on the other.
    galaxies : ndarray, shape (n,)
        Whose spectrum it is.

    Raises
    ------
    ValueError
        Less than `FEWEST` galaxies.
    """
    count = len(np.unique(galaxies))
    if count < FEWEST:
        msg = f"intervals need {FEWEST} galaxies to be calibrated on, not {count}"
        raise ValueError(msg)
    return max(float(quantiles(score, weights(galaxies), [1 - TAIL])[0]), 0.0)


def _log(noise: np.ndarray) -> np.ndarray:
    return np.log(noise + LEAST_SCALE**2)


def _outness(made: Interval, errors: Errors) -> np.ndarray:
    """Return how far out errors are, in lower and in upper sides, shape (2, n)."""
    low, middle, high = made.offsets(errors.noise, errors.near)
    sides = np.maximum([middle - low, high - middle], LEAST_SCALE**2)
    return np.stack([middle - errors.error, errors.error - middle]) / sides
