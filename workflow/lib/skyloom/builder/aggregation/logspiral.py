"""Logarithmic spirals through points in the plane of a disk.

``ln r = ln A + b theta`` with ``b = tan phi``; phi is the pitch angle, its sign the
chirality. The line is fitted by Bayesian ridge regression as published; its posterior
covariance takes every point as independent, which freehand points are not, so errors
come from leaving out one volunteer at a time.

Sources: Lingard et al. 2021, MNRAS 504, 3364, section 2.2; Cameron & Miller 2015,
J. Human Resources 50, 317, section VI.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from skyloom.builder.model import Sersic

ALPHA_1, ALPHA_2 = 1.023e-8, 0.6924  # published gamma prior of the noise's precision


@dataclass(frozen=True, slots=True)
class LogSpiral:
    """A fitted logarithmic spiral.

    Attributes
    ----------
    coef : ndarray, shape (2,)
        ``ln A`` (A in the unit of the fitted radii) and ``b = tan phi``.
    covariance : ndarray, shape (2, 2)
        Posterior covariance of the regression, points taken as independent.
    score : float
        Weighted coefficient of determination.
    """

    coef: np.ndarray
    covariance: np.ndarray
    score: float


def deproject(points: np.ndarray, disk: Sersic) -> tuple[np.ndarray, np.ndarray]:
    """Return polar coordinates in the plane of an inclined disk.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Points (x, y) [px].
    disk : Sersic
        Its centre, roll and axis ratio define the plane.

    Returns
    -------
    r, theta : ndarray, shape (n,)
        Radius [px] and angle [rad, -pi to pi] from the minor towards the major axis.
    """
    cos, sin = math.cos(disk.roll), math.sin(disk.roll)
    dx, dy = np.asarray(points, float).T - np.array([[disk.mux], [disk.muy]])
    u, v = (cos * dx + sin * dy) / disk.q, -sin * dx + cos * dy
    return np.hypot(u, v), np.arctan2(v, u)


def project(r: np.ndarray, theta: np.ndarray, disk: Sersic) -> np.ndarray:
    """Return the image position (n, 2) [px] of points in the plane: `deproject` undone.

    ``Rot(roll) (q r cos theta, r sin theta) + centre``.
    """
    cos, sin = math.cos(disk.roll), math.sin(disk.roll)
    u, v = disk.q * r * np.cos(theta), r * np.sin(theta)
    return np.column_stack([cos * u - sin * v + disk.mux, sin * u + cos * v + disk.muy])


def unwrap(theta: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Make the angle [rad] of points (n,) continuous along and between lines.

    Each line is unwrapped along itself and then turned by the whole number of turns
    that brings its mean nearest to the mean of the lines before it.
    """
    out = np.empty(len(theta))
    total, count = 0.0, 0
    for k in dict.fromkeys(np.asarray(line).tolist()):
        own = line == k
        angles = np.unwrap(theta[own])
        if count:
            away = total / count - angles.mean()
            angles = angles + 2 * math.pi * round(away / (2 * math.pi))
        out[own] = angles
        total, count = total + angles.sum(), count + len(angles)
    return out


def weights(r: np.ndarray, line: np.ndarray, hole: float = 0.0) -> np.ndarray:
    """Return the published weight of each point in the fit, shape (n,), mean 1.

    ``w ~ r^2 n``: outer points are drawn at a finer angle, and n, the number of lines
    whose radial range holds r, says how well the place is known. A line that errs
    outwards gains weight or loses it by its very error, so that pitch angles come out
    too small; the weights of `robust` are free of that.

    Parameters
    ----------
    r : ndarray, shape (n,)
        Radii in the disk's plane, above 0, in any unit.
    line : ndarray, shape (n,)
        The line each point belongs to.
    hole : float
        Radius, the bar's, within which weights are 0 if any point lies outside.
    """
    weight = r**2 * _overlap(r, line)
    outside = weight * (r >= hole)
    weight = outside if outside.any() else weight
    return weight / weight.mean()


def _overlap(values: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Return how many lines' ranges hold each value."""
    lines = (values[line == k] for k in np.unique(line))
    held = [(own.min() <= values) & (values <= own.max()) for own in lines]
    return np.sum(held, axis=0, dtype=float)


def fit(r: np.ndarray, theta: np.ndarray, weight: np.ndarray) -> LogSpiral:
    """Fit a logarithmic spiral by Bayesian ridge regression.

    Parameters
    ----------
    r, theta : ndarray, shape (n,)
        Radii above 0, in units of the image size as published (the ridge pulls ln A
        weakly to 0, so the unit matters a little), and unwrapped angles [rad].
    weight : ndarray, shape (n,)
        Weights with mean 1; three points or more.
    """
    from sklearn.linear_model import BayesianRidge  # noqa: PLC0415

    design, y = np.column_stack([np.ones(len(r)), theta]), np.log(r)
    ridge = BayesianRidge(alpha_1=ALPHA_1, alpha_2=ALPHA_2, fit_intercept=False)
    ridge.fit(design, y, weight)
    score = float(ridge.score(design, y, weight))
    return LogSpiral(ridge.coef_, ridge.sigma_, score)


def jackknife_covariance(coefs: np.ndarray) -> np.ndarray:
    """Return the covariance (2, 2) of coefficients from fits (g, 2) less one drawer.

    ``(g - 1) / g  sum_k (c_k - mean c)(c_k - mean c)^T``, times the square of the
    factor by which Student's t with g - 1 degrees of freedom is wider than a Gaussian
    at one sigma, so that one standard error holds 68 % for few drawers too. Infinite
    with fewer than three drawers.
    """
    g = len(coefs)
    if g < 3:
        return np.full((2, 2), math.inf)
    away = coefs - np.mean(coefs, axis=0)
    return (g - 1) / g * t_width(g - 1) ** 2 * away.T @ away


def t_width(dof):
    """Return half of the 68 % interval of Student's t, which a Gaussian's sigma is."""
    return t.ppf(norm.cdf(1), dof)


def pitch_angle(b: float) -> float:
    """Return the signed pitch angle ``phi = atan b`` [deg]."""
    return math.degrees(math.atan(b))


def pitch_angle_error(b: float, error: float) -> float:
    """Return the error of the pitch angle, ``cos^2 phi`` times that of b [deg]."""
    return math.degrees(error / (1 + b * b))
