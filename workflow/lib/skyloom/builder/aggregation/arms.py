"""Spiral arms from the lines that volunteers drew.

Lines are cut, compared, clustered, cleaned, deprojected and fitted by a logarithmic
spiral; arms whose spirals lie on one another are joined and fitted again.

This is the published way; `crowd_arms` is the better one. The published weights bias
pitch angles low, and a cluster needs four lines that agree: 35 of 38 "one-armed"
galaxies of Lingard et al. 2021 are arms that were missed.

Source: Lingard et al. 2021, MNRAS 504, 3364, section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from skyloom.builder.aggregation import logspiral, robust
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
from skyloom.builder.model import Sersic, replace

# Published values.
CENTRE_CUT = 2.5  # px: lines are cut within this radius about the image's centre
MIN_SCORE = 0.2  # least coefficient of determination of an arm
MERGE = 5e-4  # squared image widths: spirals this near are one arm
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
    kept : ndarray of bool, shape (n_points,)
        Which of their points survived cleaning; the next four are of those.
    line : ndarray of int, shape (n,)
        The stroke of each point.
    r, theta, weight : ndarray, shape (n,)
        Radius [image widths] and unwrapped angle [rad] in the disk's plane, and the
        weight in the fit.
    spiral : LogSpiral
        In units of the image width.
    extent : tuple of float
        The angles at which the arm starts and ends [rad].
    """

    strokes: tuple[Stroke, ...]
    kept: np.ndarray
    line: np.ndarray
    r: np.ndarray
    theta: np.ndarray
    weight: np.ndarray
    spiral: LogSpiral
    extent: tuple[float, float]


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
        Standard errors of mux, muy, roll and q of the disk [px, px, rad, 1].
    """

    disk: Sersic
    width: float
    hole: float = 0.0
    errors: dict = field(default_factory=dict)


def cut(strokes: list[Stroke], shape: tuple[int, int]) -> list[Stroke]:
    """Drop unusable lines and cut the others near the centre of an image (ny, nx)."""
    centre = (np.array([shape[1], shape[0]]) - 1) / 2
    return [
        Stroke(s.volunteer, s.index, piece)
        for s in strokes
        if usable(s.points)
        for piece in split_outside(s.points, centre, CENTRE_CUT)
    ]


def find_arms(strokes: list[Stroke], plane: Plane, settings: ArmSettings) -> list[Arm]:
    """Find the arms that lines, after `cut`, agree on, in the order of core lines."""
    distances = line_distances([s.points / plane.width for s in strokes])
    found = labels(distances, settings.eps, settings.min_samples)
    arms = []
    for k in range(found.max(initial=-1) + 1):
        lines = tuple(s for s, own in zip(strokes, found, strict=True) if own == k)
        arms.append(fit_arm(lines, plane, "published"))
    return joined([arm for arm in arms if good(arm)], plane, "published")


def good(arm: Arm | None) -> bool:
    """Return whether there is an arm, and its spiral explains its points."""
    return arm is not None and arm.spiral.score >= MIN_SCORE


def fit_arm(strokes: tuple[Stroke, ...], plane: Plane, method: str) -> Arm | None:
    """Clean the points of lines and fit a spiral; None with fewer than 3 points.

    `method` is "published" or "crowd", whose weights do the cleaning.
    """
    points, line, _ = stacked(strokes)
    published = method == "published"
    kept = inliers(points, line) if published else np.ones(len(points), bool)
    if np.count_nonzero(kept) < 3:
        return None
    r, theta, weight = _polar(points, line, kept, plane, method)
    spiral, extent = logspiral.fit(r, theta, weight), (theta.min(), theta.max())
    if not published:
        extent = robust.extent(r, theta, line, spiral.coef)
        coef = robust.straight(theta, np.log(r), weight)
        spiral = replace(spiral, coef=robust.steeper(coef, theta, weight))
    extent = tuple(map(float, extent))
    return Arm(tuple(strokes), kept, line[kept], r, theta, weight, spiral, extent)


def refit(arm: Arm, plane: Plane, method: str, kept=None) -> np.ndarray:
    """Return ln A and b (2,) of an arm on another plane, or from other points.

    `kept`, shape (n_points,), replaces the arm's own choice; theta stays on its turn.
    The method "robust" is that of the crowd without the correction of its bias.
    """
    points, line, _ = stacked(arm.strokes)
    kept = arm.kept if kept is None else kept
    r, theta, weight = _polar(points, line, kept, plane, method)
    turns = np.round((np.median(arm.theta) - np.median(theta)) / (2 * np.pi))
    theta = theta + 2 * np.pi * turns
    if method == "published":
        return logspiral.fit(r, theta, weight).coef
    coef = robust.straight(theta, np.log(r), weight)
    return robust.steeper(coef, theta, weight) if method == "crowd" else coef


def stacked(strokes: tuple[Stroke, ...]) -> tuple:
    """Return all points (n, 2) of lines, and the line and the drawer of each."""
    sizes = [len(s.points) for s in strokes]
    line = np.repeat(np.arange(len(strokes)), sizes)
    drawer = np.repeat([s.volunteer for s in strokes], sizes)
    return np.concatenate([s.points for s in strokes]), line, drawer


def spiral_polar(arm: Arm, plane: Plane) -> tuple:
    """Return r [px] and theta [rad] of 500 points along an arm, in the disk's plane."""
    theta = np.linspace(*arm.extent, SPIRAL_POINTS)
    log_r = arm.spiral.coef[0] + arm.spiral.coef[1] * theta
    return np.exp(log_r) * plane.width, theta


def joined(arms: list[Arm], plane: Plane, method: str) -> list[Arm]:
    """Join the two arms that lie nearest to each other until none lie near."""
    while len(arms) > 1:
        gap, i, j = _nearest_pair(arms, plane)
        if gap > MERGE:
            break
        both = fit_arm(arms[i].strokes + arms[j].strokes, plane, method)
        if not good(both):
            break
        arms[i] = both
        del arms[j]
    return arms


def gaps(arm: Arm, others: list[Arm], plane: Plane) -> list[float]:
    """Return how far an arm lies from others [image widths²], the nearer way."""
    own, *paths = (_path(one, plane) for one in (arm, *others))
    return [min(one_way_distance(own, p), one_way_distance(p, own)) for p in paths]


def _path(arm: Arm, plane: Plane) -> np.ndarray:
    return logspiral.project(*spiral_polar(arm, plane), plane.disk) / plane.width


def _nearest_pair(arms: list[Arm], plane: Plane) -> tuple[float, int, int]:
    return min(
        (gap, i, j)
        for j, arm in enumerate(arms)
        for i, gap in enumerate(gaps(arm, arms[:j], plane))
    )


def _polar(points, line, kept, plane: Plane, method: str) -> tuple:
    """Return r [image widths], theta [rad] and weight of the kept points."""
    r, theta = logspiral.deproject(points, plane.disk)
    theta = logspiral.unwrap(theta, line)[kept]
    # A point on the very centre has no angle and no logarithm.
    r = np.maximum(r[kept] / plane.width, 1e-6)
    hole = plane.hole / plane.width
    if method == "published":
        return r, theta, logspiral.weights(r, line[kept], hole)
    return r, theta, robust.weights(r, theta, line[kept], hole)
