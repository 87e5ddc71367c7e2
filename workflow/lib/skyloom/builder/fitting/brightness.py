"""The best brightness of every component of a galaxy, for a given geometry.

A model is linear in its brightness, so the best one is a least-squares problem with
constraints. Components are 0 or brighter; an arm's brightness counts in units of its
disk's and lies between two limits. Together these are a cone: its extreme rays are
each component alone, and the disk with every arm at one limit or the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

# Parts of an arm's brightness by which it may miss a limit and still be on it.
ON_LIMIT = 1e-6
# Slope along a ray, and fall of chi², that are rounding: both relative to the data's.
NO_SLOPE = 1e-12
NO_FALL = 1e-15


@dataclass(frozen=True)
class LightCone:
    """All brightnesses that a galaxy may have.

    Attributes
    ----------
    terms : tuple of str
        Components, and arms as ``spiral.0``; no arm without ``disk``.
    arm_limits : tuple of float
        Lowest and highest brightness of an arm, in units of its disk's.
    """

    terms: tuple[str, ...]
    arm_limits: tuple[float, float]

    @property
    def arms(self) -> np.ndarray:
        """Which terms are arms."""
        return np.array([term.startswith("spiral") for term in self.terms])

    def best(self, design, data) -> np.ndarray:
        """Return the brightness in the cone that fits best, shape (n_terms,).

        The rays are 2^n_arms, so they are made as they are needed: non-negative least
        squares over those at hand, then the one along which the fit would improve
        most, until none improves it. Ends at the optimum over all rays (simplicial
        decomposition: von Hohenbalken 1977, Math. Program. 13, 49). `design`
        (n_pix, n_terms) are images at unit brightness and `data` (n_pix,) the image,
        both in sigma.
        """
        q, r = np.linalg.qr(design)
        seen = q.T @ data
        rays, before, total = self._first_rays(), np.inf, seen @ seen
        while True:
            amplitude = rays @ _nonnegative(r @ rays, seen)
            missed = seen - r @ amplitude
            slope = r.T @ missed
            ray = self._steepest(slope)
            flat = NO_SLOPE * np.linalg.norm(r @ ray) * np.sqrt(total)
            chisq = missed @ missed
            if slope @ ray <= flat or before - chisq <= NO_FALL * total:
                return amplitude
            rays, before = np.column_stack([rays, ray]), chisq

    def _first_rays(self) -> np.ndarray:
        """Return each component alone, and the disk with at most one bright arm."""
        unit, arms = np.eye(len(self.terms)), self.arms
        alone = [unit[i] for i, t in enumerate(self.terms) if not arms[i]]
        if "disk" not in self.terms:
            return np.stack(alone, axis=1)
        low, high = self.arm_limits
        faint = unit[self.terms.index("disk")] + low * arms
        alone[self.terms.index("disk")] = faint
        bright = [faint + (high - low) * unit[i] for i in np.flatnonzero(arms)]
        return np.stack([*alone, *bright], axis=1)

    def _steepest(self, slope) -> np.ndarray:
        """Return the ray of the disk and its arms of the highest slope."""
        ray = np.zeros(len(self.terms))
        if "disk" in self.terms:
            low, high = self.arm_limits
            ray = np.where(self.arms, np.where(slope > 0, high, low), ray)
            ray[self.terms.index("disk")] = 1.0
        return ray

    def sides(self, amplitude) -> list[str | None]:
        """Return for each term of a brightness its limit: lower, upper or None."""
        disk = self._disk(amplitude)
        low, high = (disk * limit for limit in self.arm_limits)
        sides: list[str | None] = []
        for a, arm in zip(amplitude, self.arms, strict=True):
            if arm and disk > 0 and a >= high * (1 - ON_LIMIT):
                sides.append("upper")
            elif a <= (low * (1 + ON_LIMIT) if arm else 0.0):
                sides.append("lower")
            else:
                sides.append(None)
        return sides

    def directions(self, amplitude) -> np.ndarray:
        """Return how a brightness may move on its limits, (n_terms, n_directions).

        An arm on a limit brightens and fades with its disk; what is dark stays dark.
        """
        unit = np.eye(len(self.terms))
        sides = self.sides(amplitude)
        disk = self._disk(amplitude)
        limit = dict(zip(("lower", "upper"), self.arm_limits, strict=True))
        columns = []
        for i, side in enumerate(sides):
            if self.terms[i] == "disk" and disk > 0:
                held = zip(self.arms, sides, strict=True)
                tied = [limit[s] if arm and s else 0.0 for arm, s in held]
                columns.append(unit[i] + tied)
            elif side is None:
                columns.append(unit[i])
        return np.stack(columns, axis=1) if columns else np.empty((len(unit), 0))

    def _disk(self, amplitude) -> float:
        return amplitude[self.terms.index("disk")] if "disk" in self.terms else 0.0


def _nonnegative(columns, data) -> np.ndarray:
    """Return the non-negative weights of columns that fit best, shape (n_columns,)."""
    norm = np.linalg.norm(columns, axis=0)
    norm[norm == 0] = np.inf
    return optimize.nnls(columns / norm, data)[0] / norm
