"""The best brightness of every component of a galaxy, for a given geometry.

A model is linear in its brightness, so the best one is a least-squares problem with
constraints. Components are 0 or brighter; an arm's brightness counts in units of its
disk's and has a limit. Together these are a cone: its extreme rays are each component
alone, and the disk with every arm dark or at its limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

# Part of an arm's brightness by which it may miss its limit and still be on it.
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
    brightest : float
        Highest brightness of an arm, in units of its disk's.
    """

    terms: tuple[str, ...]
    brightest: float

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
        if "disk" not in self.terms:
            return unit
        disk = unit[:, [self.terms.index("disk")]]
        return np.hstack([unit[:, ~arms], disk + self.brightest * unit[:, arms]])

    def _steepest(self, slope) -> np.ndarray:
        """Return the ray of the disk and its arms of the highest slope."""
        ray = np.where(self.arms & (slope > 0), self.brightest, 0.0)
        if "disk" in self.terms:
            ray[self.terms.index("disk")] = 1.0
        return ray

    def sides(self, amplitude) -> list[str | None]:
        """Return for each term of a brightness its limit: lower, upper or None."""
        disk = self._disk(amplitude)
        high = disk * self.brightest * (1 - ON_LIMIT)
        sides: list[str | None] = []
        for a, arm in zip(amplitude, self.arms, strict=True):
            if arm and disk > 0 and a >= high:
                sides.append("upper")
            else:
                sides.append("lower" if a <= 0 else None)
        return sides

    def directions(self, amplitude) -> np.ndarray:
        """Return how a brightness may move on its limits, (n_terms, n_directions).

        An arm on its limit brightens and fades with its disk; what is dark stays dark.
        """
        unit = np.eye(len(self.terms))
        sides = np.array(self.sides(amplitude), object)
        if self._disk(amplitude) > 0:
            bright = self.arms & (sides == "upper")
            unit[bright, self.terms.index("disk")] = self.brightest
        return unit[:, [side is None for side in sides]]

    def _disk(self, amplitude) -> float:
        return amplitude[self.terms.index("disk")] if "disk" in self.terms else 0.0


def _nonnegative(columns, data) -> np.ndarray:
    """Return the non-negative weights of columns that fit best, shape (n_columns,)."""
    norm = np.linalg.norm(columns, axis=0)
    norm[norm == 0] = np.inf
    return optimize.nnls(columns / norm, data)[0] / norm
