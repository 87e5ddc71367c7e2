"""Fit of a galaxy model to an image: brightness solved, geometry searched.

At each trial geometry the brightnesses of the components are the solution of a
non-negative linear least-squares problem (variable projection; Golub & Pereyra 1973,
SIAM J. Numer. Anal. 10, 413, with Kaufman's 1975 Jacobian); what is left is a bounded
trust-region least-squares problem in the geometry, with the crowd's scatter as
Gaussian priors (Lingard et al. 2020, section 4). The posterior's curvature at the
solution gives the covariance of every parameter.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import optimize

from skyloom.builder.fitting.parameters import (
    GEOMETRY,
    GROUPS,
    Parametrisation,
    bounds_of,
    parametrise,
    prior_of,
    value_of,
)
from skyloom.builder.fitting.profiles import ARM_PARTIALS, PARTIALS
from skyloom.builder.fitting.render import Convolver, arm_image, sersic_image
from skyloom.builder.model import Model, SpiralArm, replace

BOUNDS = {
    "disk.q": (0.1, 1.2),
    "disk.Re": (1.0, 1e3),
    "bulge.q": (0.3, 1.2),
    "bulge.Re": (0.01, 1.0),
    "bulge.n": (0.5, 6.0),
    "bar.q": (0.05, 0.7),
    "bar.Re": (0.02, 1.0),
    "bar.n": (0.3, 5.0),
    "bar.c": (1.0, 6.0),
    "spiral.spread": (0.5, 15.0),
    "spiral.phi": (-85.0, 85.0),
    "spiral.I": (0.0, 10.0),
}
POPULATION = {
    "bulge.n": (1.5, 1.0),
    "bar.n": (0.7, 1.0),
    "bar.c": (2.2, 0.5),
    "spiral.spread": (2.5, 1.0),
}


@dataclass(frozen=True)
class TuneSettings:
    """How to fit.

    Attributes
    ----------
    method : str
        ``trf``, trust-region least squares, or ``lbfgsb``, the published route.
    free : sequence of str
        Of positions, rolls and arms; shapes and brightness always are.
    crowd_priors : bool
        Whether the crowd's scatter serves as prior.
    bounds : mapping
        Limits by parameter; see `skyloom.builder.fitting.parameters.bounds_of`.
    population : mapping
        Priors where the crowd is silent: median and width in ln.
    rtol : float
        Relative error of each rendered pixel.
    ftol : float
        Relative change of the objective that ends the search.
    max_evaluations : int
        After which a fit is recorded as not converged.
    inflate_errors : bool
        Scale errors by the root of a reduced chi² above 1, as a galaxy is never
        quite its model.
    """

    method: str = "trf"
    free: Sequence[str] = GROUPS
    crowd_priors: bool = True
    bounds: Mapping = field(default_factory=lambda: BOUNDS)
    population: Mapping = field(default_factory=lambda: POPULATION)
    rtol: float = 1e-4
    ftol: float = 3e-6
    max_evaluations: int = 60
    inflate_errors: bool = True


class Problem:
    """The residuals of one galaxy's fit, and their Jacobian.

    Parameters
    ----------
    model : Model
        The start; its brightness is not read.
    cutout : Cutout
        Image, sigma, mask (True is bad) and PSF.
    errors : mapping or None
        The crowd's scatter.
    settings : TuneSettings
        How to fit.
    """

    def __init__(self, model: Model, cutout, errors, settings: TuneSettings):
        self.rtol = settings.rtol
        self.par: Parametrisation = parametrise(model, settings.free)
        self.frame = Convolver(cutout.psf, cutout.image.shape)
        self.good = np.flatnonzero(~cutout.mask)
        self.weight = 1.0 / cutout.sigma.ravel()[self.good]
        self.data = cutout.image.ravel()[self.good] * self.weight
        crowd = errors if settings.crowd_priors else None
        self.prior_mean, self.prior_root = prior_of(
            self.par, crowd, settings.population
        )
        self.bounds = bounds_of(self.par, settings.bounds)
        self.rays = light_rays(self.terms, settings.bounds.get("spiral.I", (0, 10))[1])
        self._log = self.par.logarithmic
        self._last = (None, None)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the linear terms: the components, then one for each arm."""
        start = self.par.start
        arms = tuple(f"spiral.{i}" for i in range(len(start.spiral)))
        return (*start.components(), *(arms if start.disk else ()))

    def design(self, vector) -> np.ndarray:
        """Return each term's image at unit brightness, in sigma, (n_pix, n_terms)."""
        model = self.par.model(vector)
        return self._seen(np.stack([im[0] for im in self.images(model, jac=False)]))

    def solve(self, vector):
        """Return the best brightnesses and the design matrix, shape as `design`."""
        return self._solved(vector)[:2]

    def _solved(self, vector):
        if self._last[0] is None or not np.array_equal(self._last[0], vector):
            design = self.design(vector)
            weight = brightness(design, self.data, self.rays)
            solved = self.rays @ weight, design, design @ self.rays[:, weight > 0]
            self._last = (vector.copy(), solved)
        return self._last[1]

    def residuals(self, vector) -> np.ndarray:
        """Return (model - data) / sigma and the priors' residuals."""
        amplitude, design = self.solve(vector)
        prior = self.prior_root @ (vector - self.prior_mean)
        return np.concatenate([design @ amplitude - self.data, prior])

    def slopes(self, vector) -> np.ndarray:
        """Return the partials of the image in sigma, at fixed brightness."""
        amplitude, _ = self.solve(vector)
        model = self.par.model(vector)
        wide = np.zeros((len(self.par.names), *self.frame.wide))
        terms = zip(self.terms, self.images(model, jac=True), amplitude, strict=True)
        for term, images, a in terms:
            if a > 0:
                self.add_partials(wide, model, term, a * images[1:])
        return self._seen(wide)

    def jacobian(self, vector) -> np.ndarray:
        """Return the partials of `residuals`, brightness following the geometry."""
        slopes = self.slopes(vector)
        q, _ = np.linalg.qr(self._solved(vector)[2])
        slopes -= q @ (q.T @ slopes)
        return np.vstack([slopes, self.prior_root])

    def images(self, model: Model, jac: bool):
        """Yield each term on the wide frame at unit brightness, with its partials."""
        for part in model.components().values():
            yield sersic_image(part, self.frame, self.rtol, jac)
        if model.disk is not None:
            for arm in model.spiral:
                inner = jac and isinstance(arm, SpiralArm)
                yield arm_image(model.disk, arm, self.frame, self.rtol, inner)

    def _seen(self, wide) -> np.ndarray:
        images = self.frame(wide).reshape(len(wide), -1)[:, self.good]
        return images.T * self.weight[:, None]

    def add_partials(self, wide, model: Model, term: str, partials):
        """Add one term's partials to the planes of the free parameters.

        Parameters
        ----------
        wide : ndarray, shape (n_free, *wide shape)
            Changed in place.
        model : Model
            Where the partials were taken.
        term : str
            One of `terms`.
        partials : ndarray, shape (n_partials, *wide shape)
            In the kernels' order, by natural parameters of `model`.
        """
        if not term.startswith("spiral"):
            planes = dict(zip(PARTIALS, partials, strict=True))
            for key, plane in planes.items():
                centred = term != "disk" and key in ("mux", "muy")
                self._add(wide, model, f"{'centre' if centred else term}.{key}", plane)
            return
        planes = dict(zip(ARM_PARTIALS, partials, strict=False))
        for key, plane in planes.items():
            part = term if key in (*GEOMETRY, "spread") else "disk"
            self._add(wide, model, f"{part}.{key}", plane)

    def _add(self, wide, model, name: str, plane):
        if name in self.par.names:
            i = self.par.names.index(name)
            wide[i] += plane * (value_of(model, name) if self._log[i] else 1.0)


def light_rays(terms: Sequence[str], brightest: float) -> np.ndarray:
    """Return the extreme rays of all brightnesses that a galaxy may have.

    Components are 0 or brighter, and an arm at most `brightest` times its disk: the
    cone of such brightnesses is spanned by each component alone and by the disk with
    each subset of its arms at their brightest.

    Parameters
    ----------
    terms : sequence of str
        As `Problem.terms`.
    brightest : float
        Limit of an arm's relative brightness.

    Returns
    -------
    ndarray, shape (n_terms, n_rays)
    """
    arms = [i for i, term in enumerate(terms) if term.startswith("spiral")]
    alone = [i for i, term in enumerate(terms) if i not in arms and term != "disk"]
    rays = [np.eye(len(terms))[i] for i in alone]
    for subset in itertools.product((0.0, brightest), repeat=len(arms)):
        if "disk" in terms:
            ray = np.zeros(len(terms))
            ray[terms.index("disk")] = 1.0
            ray[arms] = subset
            rays.append(ray)
    return np.stack(rays, axis=1)


def brightness(design, data, rays) -> np.ndarray:
    """Return the non-negative weights of `rays` that fit best, shape (n_rays,).

    Parameters
    ----------
    design : ndarray, shape (n_pix, n_terms)
        Images at unit brightness, in sigma.
    data : ndarray, shape (n_pix,)
        The image, in sigma.
    rays : ndarray, shape (n_terms, n_rays)
        As from `light_rays`.
    """
    q, r = np.linalg.qr(design)
    columns = r @ rays
    norm = np.linalg.norm(columns, axis=0)
    norm[norm == 0] = np.inf
    return optimize.nnls(columns / norm, q.T @ data)[0] / norm


def lit(model: Model, terms: Sequence[str], amplitude) -> Model:
    """Return a model with solved brightnesses; an arm's is relative to the disk."""
    light = dict(zip(terms, map(float, amplitude), strict=True))
    parts = {
        name: replace(part, I=light[name]) for name, part in model.components().items()
    }
    disk = light.get("disk", 0.0)
    arms = tuple(
        replace(arm, I=light[f"spiral.{i}"] / disk if disk > 0 else 0.0)
        for i, arm in enumerate(model.spiral)
        if "disk" in light
    )
    return replace(model, **parts, spiral=arms)


@dataclass(frozen=True)
class Solution:
    """Where a search ended.

    Attributes
    ----------
    vector : ndarray, shape (n_free,)
        The geometry.
    converged : bool
        Whether a tolerance, not the limit on evaluations, ended the search.
    message : str
        The optimiser's own word.
    n_evaluations, n_iterations : int
        Of the residuals, and of their Jacobian.
    """

    vector: np.ndarray
    converged: bool
    message: str
    n_evaluations: int
    n_iterations: int


def search(problem: Problem, settings: TuneSettings, stretch: float = 1.0) -> Solution:
    """Search the geometry that maximises the posterior, from the start.

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
    lower, upper = problem.bounds
    sizes = np.isin(problem.par.names, ("bulge.Re", "bar.Re"))
    sizes |= np.char.endswith(problem.par.names, ".spread")
    start = problem.par.begin() + np.log(stretch) * sizes
    start = _inside(start, lower, upper)
    if settings.method == "lbfgsb":
        return _search_lbfgsb(problem, start, settings)
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
    vector = start + steps * found.x
    return Solution(vector, found.status > 0, found.message, found.nfev, found.njev)


def _inside(vector, lower, upper):
    """Move a start off its limits, where a trust region could not begin."""
    room = np.where(np.isfinite(upper - lower), 1e-3 * (upper - lower), 1e-6)
    return np.clip(vector, lower + room, upper - room)


def _search_lbfgsb(problem, start, settings) -> Solution:
    def objective(vector):
        r = problem.residuals(vector)
        return 0.5 * r @ r, problem.jacobian(vector).T @ r

    found = optimize.minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(*problem.bounds, strict=True)),
        options={"maxfun": settings.max_evaluations, "maxiter": 10000},
    )
    return Solution(found.x, found.success, found.message, found.nfev, found.nit)
