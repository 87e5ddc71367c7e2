"""The search for the geometry that fits best, from a start.

Two routes to the highest posterior:

* ``trf``: bounded trust-region least squares in the geometry alone, the brightness
  solved for at each step (Branch, Coleman & Li 1999, SIAM J. Sci. Comput. 21, 1);
* ``lbfgsb``: L-BFGS-B in geometry and brightness together, as published (Lingard et
  al. 2020, section 4), so that the two can be compared. As there, brightness alone is
  fitted first and iterations end at 10,000. Unlike there, the gradient is analytic
  instead of by differences or automatic, lengths and shapes move as logarithms, and
  every variable is measured in typical steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from skyloom.builder.fitting.fit import Problem, TuneSettings

PUBLISHED_ITERATIONS = 10_000
# Typical step of a brightness: of the data's norm, and of the disk's for an arm.
LIGHT_STEP = 0.2


@dataclass(frozen=True)
class Solution:
    """Where a search ended.

    Attributes
    ----------
    vector : ndarray, shape (n_free,)
        The geometry.
    status : str
        ``converged`` if a tolerance ended the search; else ``max_evaluations``,
        ``max_iterations`` or ``line_search_failed``.
    message : str
        The optimiser's own word.
    n_evaluations, n_iterations : int
        Of the residuals, and of their Jacobian (``trf``) or of the search
        (``lbfgsb``).
    """

    vector: np.ndarray
    status: str
    message: str
    n_evaluations: int
    n_iterations: int


def search(problem: Problem, settings: TuneSettings, stretch: float = 1.0) -> Solution:
    """Search the geometry that maximises the posterior, from the problem's start.

    The search moves in typical steps away from the start, so that the first trust
    region is one step wide and no component is lost to a leap.

    Parameters
    ----------
    problem : Problem
        What to fit.
    settings : TuneSettings
        How to fit.
    stretch : float
        Factor on the starting sizes of bulge, bar and arm widths; the priors stay.
    """
    sizes = np.isin(problem.par.names, ("bulge.Re", "bar.Re"))
    sizes |= np.char.endswith(problem.par.names, ".spread")
    start = _inside(problem.start + np.log(stretch) * sizes, *problem.bounds)
    by_method = {"trf": _search_trf, "lbfgsb": _search_lbfgsb}
    return by_method[settings.method](problem, start, settings)


def _inside(vector, lower, upper):
    """Move a start off its limits, where a trust region could not begin."""
    room = np.where(np.isfinite(upper - lower), 1e-3 * (upper - lower), 1e-6)
    return np.clip(vector, lower + room, upper - room)


def _search_trf(problem: Problem, start, settings: TuneSettings) -> Solution:
    lower, upper = problem.bounds
    steps = problem.par.steps()
    found = optimize.least_squares(
        lambda u: problem.residuals(start + steps * u),
        np.zeros_like(start),
        lambda u: problem.jacobian(start + steps * u) * steps,
        bounds=((lower - start) / steps, (upper - start) / steps),
        ftol=settings.ftol,
        xtol=1e-8,
        gtol=1e-8,
        max_nfev=settings.max_evaluations,
    )
    status = "converged" if found.status > 0 else "max_evaluations"
    vector = start + steps * found.x
    return Solution(vector, status, found.message, found.nfev, found.njev)


def _search_lbfgsb(problem: Problem, start, settings: TuneSettings) -> Solution:
    variables = _Variables(problem, start)
    found = optimize.minimize(
        variables.objective,
        variables.begin(),
        jac=True,
        method="L-BFGS-B",
        bounds=variables.bounds(),
        options={"ftol": settings.ftol, "maxiter": PUBLISHED_ITERATIONS},
    )
    vector = start + problem.par.steps() * found.x[: len(start)]
    return Solution(vector, _ending(found), found.message, found.nfev, found.nit)


def _ending(found) -> str:
    """Return why scipy's L-BFGS-B ended, as `Solution.status`."""
    if found.success:
        return "converged"
    if found.status != 1:
        return "line_search_failed"
    at_limit = found.nit >= PUBLISHED_ITERATIONS
    return "max_iterations" if at_limit else "max_evaluations"


class _Variables:
    """Geometry and brightness of a problem in one vector, in typical steps.

    Geometry counts from the start. Brightness counts from 0: that of a component in
    units of the data's norm, that of an arm in units of its disk's.
    """

    def __init__(self, problem: Problem, start):
        self.problem, self.start = problem, start
        self.steps = problem.par.steps()
        self.amplitude, design = problem.solve(start)
        norm = np.linalg.norm(design, axis=0)
        self.arms = problem.light.arms
        alone = np.linalg.norm(problem.data) / np.where(norm > 0, norm, 1.0)
        self.unit = LIGHT_STEP * np.where(self.arms, 1.0, alone)

    def begin(self) -> np.ndarray:
        """Return the start, its brightness the best there."""
        disk = self._disk(self.amplitude)
        light = np.where(self.arms, self.amplitude / (disk or 1.0), self.amplitude)
        return np.concatenate([np.zeros_like(self.start), light / self.unit])

    def bounds(self) -> list[tuple[float, float]]:
        """Return lower and upper limit of each variable."""
        low, high = self.problem.light.arm_limits
        limits = [(b - self.start) / self.steps for b in self.problem.bounds]
        light = [np.where(self.arms, low, 0.0), np.where(self.arms, high, np.inf)]
        limits = [
            np.concatenate([a, b / self.unit])
            for a, b in zip(limits, light, strict=True)
        ]
        return list(zip(*limits, strict=True))

    def objective(self, variables):
        """Return half the sum of squared residuals, and its gradient."""
        problem, n = self.problem, len(self.start)
        vector = self.start + self.steps * variables[:n]
        light = self.unit * variables[n:]
        disk = self._disk(light)
        amplitude = np.where(self.arms, disk * light, light)
        design = problem.design(vector)
        slopes = problem.slopes(vector, amplitude)
        missed, pull = design @ amplitude - problem.data, problem.pull(vector)
        by_shape = slopes.T @ missed + problem.prior_root.T @ pull
        by_light = design.T @ missed
        if "disk" in problem.terms:  # its arms brighten with it
            i = problem.terms.index("disk")
            by_light[i] += by_light[self.arms] @ light[self.arms]
        by_light[self.arms] *= disk
        gradient = np.concatenate([by_shape * self.steps, by_light * self.unit])
        return 0.5 * (missed @ missed + pull @ pull), gradient

    def _disk(self, light) -> float:
        terms = self.problem.terms
        return light[terms.index("disk")] if "disk" in terms else 1.0
