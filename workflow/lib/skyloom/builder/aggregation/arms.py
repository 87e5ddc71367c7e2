"""Spiral arms from the lines that volunteers drew.

Lines are cut, compared, clustered, cleaned, deprojected and fitted by a logarithmic
spiral; arms whose spirals lie on one another are joined and fitted again.

What the numbers are worth. Pitch angles carry an honest standard error; the published
weights bias them low, in real arms by 2.4 deg in the median, which that error includes
and the rule ``"angle"`` avoids (see `aggregation.logspiral.weights`). How many arms
a galaxy has is another matter: a cluster needs four lines that agree, so faint arms
are missed: 35 of 38 "one-armed" galaxies of Lingard et al. 2021 are such misses.
Arm counts must not be used for science; each arm's `support` says how many volunteers
stand behind it.

Source: Lingard et al. 2021, MNRAS 504, 3364, section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from skyloom.builder.aggregation import logspiral
from skyloom.builder.aggregation.clusters import labels
from skyloom.builder.aggregation.logspiral import LogSpiral
from skyloom.builder.aggregation.outliers import inliers
from skyloom.builder.aggregation.polylines import (
    line_distances,
    one_way_distance,
    split_outside,
    usable,
)
from skyloom.builder.config import ArmSettings
from skyloom.builder.model import Sersic

SPIRAL_POINTS = 500


@dataclass(frozen=True, slots=True)
class Stroke:
    """A piece of a line: who drew it, which of the volunteer's lines, (n, 2) [px]."""

    volunteer: int
    index: int
    points: np.ndarray


@dataclass(frozen=True, slots=True)
class Arm:
    """Lines of one arm and the spiral through them.

    Attributes
    ----------
    strokes : tuple of Stroke
        The lines of the arm.
    line, volunteer : ndarray, shape (n,), int
        The stroke, and who drew it, of each point that survived cleaning.
    r, theta, weight : ndarray, shape (n,)
        Radius [image widths] and unwrapped angle [rad] in the disk's plane, and the
        weight in the fit, of each such point.
    spiral : LogSpiral
        In units of the image width.
    """

    strokes: tuple[Stroke, ...]
    line: np.ndarray
    volunteer: np.ndarray
    r: np.ndarray
    theta: np.ndarray
    weight: np.ndarray
    spiral: LogSpiral
    kept: np.ndarray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plane:
    """The plane of the disk and the frame of the image.

    Attributes
    ----------
    disk : Sersic
        Its centre, roll and axis ratio.
    width : float
        The image width, the unit of lengths in the published settings [px].
    hole : float
        Radius within which points do not count, the bar's semi-major axis [px].
    errors : dict
        Standard errors of the disk's `PLANE` parameters [px, px, rad, 1].
    """

    disk: Sersic
    width: float
    hole: float = 0.0
    errors: dict = field(default_factory=dict)


def cut(strokes: list[Stroke], shape: tuple, settings: ArmSettings) -> list[Stroke]:
    """Drop unusable lines and cut the others near the image centre.

    Parameters
    ----------
    strokes : list of Stroke
        Lines as drawn.
    shape : tuple of 2 ints
        Image size (ny, nx) [px].
    settings : ArmSettings
        Uses `centre_cut` and `centre_offset`.

    Returns
    -------
    list of Stroke
        Pieces in the given order.
    """
    centre = (np.array([shape[1], shape[0]]) - 1) / 2 + settings.centre_offset
    kept = [s for s in strokes if usable(s.points)]
    return [
        Stroke(s.volunteer, s.index, piece)
        for s in kept
        for piece in split_outside(s.points, centre, settings.centre_cut)
    ]


def find_arms(strokes: list[Stroke], plane: Plane, settings: ArmSettings) -> list[Arm]:
    """Find the arms that lines agree on.

    Parameters
    ----------
    strokes : list of Stroke
        Lines after `cut`.
    plane : Plane
        The disk's plane.
    settings : ArmSettings
        Thresholds.

    Returns
    -------
    list of Arm
        In the order of their first core line.
    """
    found = labels(
        line_distances([s.points / plane.width for s in strokes]),
        settings.eps,
        settings.min_samples,
    )
    groups = [_members(strokes, found, k) for k in range(found.max(initial=-1) + 1)]
    fitted = [fit_arm(group, plane, settings) for group in groups]
    good = [arm for arm in fitted if arm and arm.spiral.score >= settings.min_score]
    return _joined(good, plane, settings)


def fit_arm(
    strokes: tuple[Stroke, ...], plane: Plane, settings: ArmSettings
) -> Arm | None:
    """Clean the points of lines and fit a spiral; None with fewer than 3 points.

    Parameters
    ----------
    strokes : tuple of Stroke
        Lines of one arm.
    plane : Plane
        The disk's plane.
    settings : ArmSettings
        Uses `neighbours`.

    Returns
    -------
    Arm or None
    """
    points, line, volunteer = stacked(strokes)
    kept = inliers(points, line, settings.neighbours)
    if np.count_nonzero(kept) < 3:
        return None
    r, theta, weight = _polar(points, line, kept, plane, settings)
    spiral = logspiral.fit(r, theta, weight)
    rows = (line[kept], volunteer[kept], r, theta, weight)
    return Arm(tuple(strokes), *rows, spiral, kept)


def refit(arm: Arm, plane: Plane, settings: ArmSettings, without=None) -> np.ndarray:
    """Return an arm's coefficients on another plane, or without some points.

    Parameters
    ----------
    arm : Arm
        A fitted arm.
    plane : Plane
        The plane to deproject by.
    settings : ArmSettings
        Uses `weights`.
    without : ndarray, shape (n_points,), bool, optional
        The points to keep instead of the arm's own choice.

    Returns
    -------
    ndarray, shape (2,)
        ln A and b, of the same turn of theta as the arm's own.
    """
    kept = arm.kept if without is None else without
    points, line, _ = stacked(arm.strokes)
    r, theta, weight = _polar(points, line, kept, plane, settings)
    turns = np.round((np.median(arm.theta) - np.median(theta)) / (2 * np.pi))
    return logspiral.fit(r, theta + 2 * np.pi * turns, weight).coef


def stacked(strokes: tuple[Stroke, ...]) -> tuple:
    """Return all points (n, 2) of lines, and the line and the drawer of each."""
    sizes = [len(s.points) for s in strokes]
    line = np.repeat(np.arange(len(strokes)), sizes)
    drawer = np.repeat([s.volunteer for s in strokes], sizes)
    return np.concatenate([s.points for s in strokes]), line, drawer


def spiral_polar(arm: Arm, plane: Plane, settings: ArmSettings) -> tuple:
    """Return r [px] and theta [rad] of 500 points along an arm, in the disk's plane."""
    theta = np.linspace(*extent(arm, settings), SPIRAL_POINTS)
    log_r = arm.spiral.coef[0] + arm.spiral.coef[1] * theta
    return np.exp(log_r) * plane.width, theta


def extent(arm: Arm, settings: ArmSettings) -> tuple[float, float]:
    """Return the angles at which an arm starts and ends [rad]."""
    start, end = np.percentile(arm.theta, settings.theta_percentiles)
    return float(start), float(end)


def _members(strokes, found, k) -> tuple[Stroke, ...]:
    return tuple(s for s, own in zip(strokes, found, strict=True) if own == k)


def _joined(arms: list[Arm], plane: Plane, settings: ArmSettings) -> list[Arm]:
    """Join the two arms that lie nearest to each other until none lie near."""
    arms = list(arms)
    while len(arms) > 1:
        gap, i, j = _nearest_pair(arms, plane, settings)
        if gap > settings.merge:
            break
        both = fit_arm(arms[i].strokes + arms[j].strokes, plane, settings)
        if both is None or both.spiral.score < settings.min_score:
            break
        arms[i] = both
        del arms[j]
    return arms


def _nearest_pair(arms, plane, settings) -> tuple[float, int, int]:
    paths = [_path(arm, plane, settings) for arm in arms]
    gaps = [
        (min(one_way_distance(p, q), one_way_distance(q, p)), i, j)
        for j, q in enumerate(paths)
        for i, p in enumerate(paths[:j])
    ]
    return min(gaps)


def _path(arm: Arm, plane: Plane, settings: ArmSettings) -> np.ndarray:
    r, theta = spiral_polar(arm, plane, settings)
    return logspiral.project(r, theta, plane.disk) / plane.width


def _polar(points, line, kept, plane, settings) -> tuple:
    """Return r [image widths], theta [rad] and weight of the kept points."""
    r, theta = logspiral.deproject(points, plane.disk)
    theta = logspiral.unwrap(theta, line)[kept]
    # A point on the very centre has no angle and no logarithm.
    r = np.maximum(r[kept] / plane.width, 1e-6)
    hole = plane.hole / plane.width
    return r, theta, logspiral.weights(r, theta, line[kept], settings.weights, hole)
