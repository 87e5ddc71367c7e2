"""Arms on which volunteers, and not lines, agree; and those that few drew.

A volunteer counts once, however many lines he draws. Lines belong to a spiral that
they follow, which tells apart two arms that were chained into one cluster, and finds
lines that fell short of it. What agreed arms leave over may hold more arms, drawn by
few: candidates, for the image to decide.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import connected_components

from skyloom.builder.aggregation import logspiral
from skyloom.builder.aggregation.arms import (
    MERGE,
    Arm,
    Plane,
    Stroke,
    fit_arm,
    gaps,
    good,
    joined,
)
from skyloom.builder.aggregation.polylines import line_distances
from skyloom.builder.config import ArmSettings

FEWEST = 2  # volunteers of a candidate
LOOSER = 2.0  # times the distance within which lines of candidates are neighbours
FOLLOWS = 0.25  # of ln r: a line's median distance from the spiral that it follows
SHARE = 0.6  # of a line's vertices within the arm's angles, of one that joins it
ROUNDS = 3  # in which lines that were left over may make arms
APART = 4 * MERGE  # squared image widths: a candidate nearer to an arm is that arm
_GRACE = 0.2  # rad beyond an arm's ends


def find(
    strokes: list[Stroke], plane: Plane, settings: ArmSettings
) -> tuple[list[Arm], list[Arm]]:
    """Return the arms that lines, after `cut`, agree on, and the candidates."""
    if not strokes:
        return [], []
    pool = _Pool(strokes, plane)
    arms = pool.arms(settings.eps, settings.min_samples)
    arms = joined(arms, plane, "crowd")
    candidates = []
    for looser in (1, LOOSER):
        for arm in pool.arms(settings.eps * looser, FEWEST):
            if min(gaps(arm, arms + candidates, plane), default=1) > APART:
                candidates.append(arm)
    return arms, candidates


def groups(near: np.ndarray, volunteer: np.ndarray, least: int) -> list[np.ndarray]:
    """Return the clusters of lines, by DBSCAN in which each volunteer counts once.

    Parameters
    ----------
    near : ndarray of bool, shape (n, n)
        Which lines are neighbours; each is its own.
    volunteer : ndarray of int, shape (n,)
        Who drew it.
    least : int
        Volunteers among the neighbours of a core line.

    Returns
    -------
    list of ndarray of int
        The lines of each cluster, that of most volunteers first.
    """
    drew = volunteer[:, None] == np.unique(volunteer)
    core = (near.astype(int) @ drew > 0).sum(axis=1) >= least
    if not core.any():
        return []
    n, label = connected_components(near[np.ix_(core, core)], directed=False)
    cores = np.flatnonzero(core)
    found = [np.flatnonzero(near[cores[label == k]].any(axis=0)) for k in range(n)]
    return sorted(found, key=lambda own: -len(np.unique(volunteer[own])))


class _Pool:
    """Lines that belong to no arm yet."""

    def __init__(self, strokes: list[Stroke], plane: Plane) -> None:
        self.plane = plane
        self.strokes = strokes
        self.volunteer = np.array([s.volunteer for s in strokes])
        self.distances = line_distances([s.points / plane.width for s in strokes])
        self.polar = [_polar(s, plane) for s in strokes]
        self.free = np.ones(len(strokes), bool)

    def arms(self, eps: float, least: int) -> list[Arm]:
        """Take arms of `least` volunteers or more from the lines that are left."""
        found = []
        for _ in range(ROUNDS):
            near = (self.distances <= eps) & self.free & self.free[:, None]
            clusters = groups(near, self.volunteer, least)
            new = [arm for own in clusters if (arm := self._take(own, least))]
            found += new
            if not new:
                break
        return found

    def _take(self, own: np.ndarray, least: int) -> Arm | None:
        """Return the arm of a cluster, with the free lines that follow it."""
        own = own[self.free[own]]
        arm = self._fit(own, least) or self._best_line(own)
        for _ in range(2):
            if arm is None:
                return None
            left = np.flatnonzero(self.free)
            mine = [i for i in left if _follows(arm, *self.polar[i])]
            arm = self._fit(mine, least)
        if arm is not None:
            self.free[mine] = False
        return arm

    def _best_line(self, own: np.ndarray) -> Arm | None:
        """Return the spiral of one line, that most volunteers of a cluster follow.

        It stands in where all lines together make no spiral: they are of two arms.
        """
        single = [arm for i in own if (arm := self._fit([i], 1))]
        followers = [
            len({self.volunteer[i] for i in own if _follows(arm, *self.polar[i])})
            for arm in single
        ]
        return single[int(np.argmax(followers))] if single else None

    def _fit(self, own, least: int) -> Arm | None:
        if len(np.unique(self.volunteer[own])) < least:
            return None
        arm = fit_arm(tuple(self.strokes[i] for i in own), self.plane, "crowd")
        return arm if good(arm) else None


def _polar(stroke: Stroke, plane: Plane) -> tuple[np.ndarray, np.ndarray]:
    r, theta = logspiral.deproject(stroke.points, plane.disk)
    return np.log(np.maximum(r / plane.width, 1e-6)), np.unwrap(theta)


def _follows(arm: Arm, log_r: np.ndarray, theta: np.ndarray) -> bool:
    """Return whether a line runs along an arm, on whichever turn of it."""
    low, high = arm.extent
    turn = 2 * np.pi * np.round(((low + high) / 2 - np.median(theta)) / (2 * np.pi))
    theta = theta + turn
    within = (theta > low - _GRACE) & (theta < high + _GRACE)
    away = np.abs(log_r - arm.spiral.coef[0] - arm.spiral.coef[1] * theta)
    return within.mean() >= SHARE and np.median(away[within]) <= FOLLOWS
