"""The covariance of a fit's parameters, from the posterior's curvature.

At the solution the posterior is taken as Gaussian in the coordinates of the fit
(Laplace): ``cov = (J' J + P)^-1`` with J the partials of the image in sigma by geometry
and brightness, and P the inverse variances of the priors. Parameters that sit on a
limit are held there. The result is carried to the values that are reported, brightness
at Re and axis ratios below 1, by their numerical derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skyloom.builder.fitting.fit import Problem, lit
from skyloom.builder.fitting.parameters import canonical, named_values
from skyloom.builder.model import Model
from skyloom.builder.products.photometry import total_flux

NEAR_LIMIT = 1e-3
STEP = 1e-5


@dataclass(frozen=True)
class Posterior:
    """A Gaussian around a solution, in the coordinates of the fit.

    Attributes
    ----------
    problem : Problem
        What was fitted.
    vector : ndarray, shape (n_free,)
        Geometry.
    amplitude : ndarray, shape (n_terms,)
        Brightness of `Problem.terms`.
    covariance : ndarray, shape (n_free + n_terms, n_free + n_terms)
        Zero in rows and columns of what is held on a limit.
    limits : tuple of str
        Parameters on a limit, as ``bulge.q:lower`` or ``bar.I:lower``.
    """

    problem: Problem
    vector: np.ndarray
    amplitude: np.ndarray
    covariance: np.ndarray
    limits: tuple[str, ...]

    @property
    def coordinates(self) -> np.ndarray:
        """Geometry and brightness in one vector."""
        return np.concatenate([self.vector, self.amplitude])

    def model(self, coordinates) -> Model:
        """Return the model at some coordinates, in canonical form."""
        n = len(self.vector)
        shape = self.problem.par.model(coordinates[:n])
        return canonical(lit(shape, self.problem.terms, coordinates[n:]))

    def propagated(self, quantity: Callable[[np.ndarray], np.ndarray]):
        """Return a quantity of the coordinates, and its covariance.

        Parameters
        ----------
        quantity : callable
            From coordinates to an array, shape (n_out,).
        """
        gradient = differences(quantity, self.coordinates)
        return quantity(self.coordinates), gradient @ self.covariance @ gradient.T


def posterior(problem: Problem, vector, scale: float = 1.0) -> Posterior:
    """Return the Gaussian approximation of the posterior at a solution.

    Parameters
    ----------
    problem : Problem
        What was fitted.
    vector : ndarray, shape (n_free,)
        Solution.
    scale : float
        Factor on every standard error.
    """
    amplitude, design = problem.solve(vector)
    held = on_limit(problem, vector)
    partials = np.hstack([problem.slopes(vector), design])
    precision = partials.T @ partials
    n = len(vector)
    precision[:n, :n] += problem.prior_root.T @ problem.prior_root
    free = np.concatenate([[h is None for h in held], amplitude > 0])
    free &= np.diag(precision) > 0
    covariance = np.zeros_like(precision)
    covariance[np.ix_(free, free)] = _inverse(precision[np.ix_(free, free)])
    limits = [f"{n}:{h}" for n, h in zip(problem.par.names, held, strict=True) if h]
    dark = zip(problem.terms, amplitude, strict=True)
    limits += [f"{term}.I:lower" for term, a in dark if a <= 0]
    return Posterior(problem, vector, amplitude, covariance * scale**2, tuple(limits))


def _inverse(precision):
    norm = np.sqrt(np.diag(precision))
    scale = np.outer(norm, norm)
    return np.linalg.pinv(precision / scale, hermitian=True) / scale


def on_limit(problem: Problem, vector) -> list[str | None]:
    """Return for each free parameter the limit it sits on: lower, upper or None."""
    lower, upper = problem.bounds
    room = NEAR_LIMIT * np.where(np.isfinite(upper - lower), upper - lower, 1.0)
    low, high = vector - lower < room, upper - vector < room
    sides = zip(low, high, strict=True)
    return ["lower" if a else "upper" if b else None for a, b in sides]


def differences(function, at) -> np.ndarray:
    """Return the Jacobian of a function by central differences, (n_out, n_in)."""
    columns = []
    for i, value in enumerate(at):
        step = np.zeros_like(at)
        step[i] = STEP * max(1.0, abs(value))
        up, down = function(at + step), function(at - step)
        columns.append((up - down) / (2 * step[i]))
    return np.stack(columns, axis=-1)


def free_values(post: Posterior):
    """Return the names, values and covariance of the parameters a fit has moved.

    Brightness takes its place in the list as ``disk.I`` or ``spiral.0.I``.
    """
    here = named_values(post.model(post.coordinates))
    geometry = [
        target
        for name in post.problem.par.names
        for target in _reported(name, post.problem.terms)
    ]
    names = [*geometry, *(f"{term}.I" for term in post.problem.terms)]

    def quantity(coordinates):
        values = named_values(post.model(coordinates))
        return np.array([_near(values[n], here[n], n) for n in names])

    values, covariance = post.propagated(quantity)
    return names, values, covariance


def _reported(name: str, terms) -> list[str]:
    part, rest = name.split(".", 1)
    if part != "centre":
        return [name]
    return [f"{p}.{rest}" for p in ("bulge", "bar") if p in terms]


def _near(value: float, reference: float, name: str) -> float:
    """Undo the wrap of a roll between two evaluations of a derivative."""
    if not name.endswith(".roll"):
        return value
    return reference + (value - reference + np.pi / 2) % np.pi - np.pi / 2


def free_fluxes(post: Posterior):
    """Return the component names, their total fluxes and the fluxes' covariance.

    Sérsic components to infinity; the arms as rendered, whose flux has no closed form
    and is carried to first order.
    """
    problem = post.problem
    parts = [t for t in problem.terms if not t.startswith("spiral")]
    arms = [i for i, t in enumerate(problem.terms) if t.startswith("spiral")]
    names = [*parts, *(["spiral"] if arms else [])]
    base, slope = _arm_flux(post, arms)

    def quantity(coordinates):
        model = post.model(coordinates)
        light = [total_flux(getattr(model, part)) for part in parts]
        step = coordinates - post.coordinates
        return np.array(light + ([base + slope @ step] if arms else []))

    values, covariance = post.propagated(quantity)
    return names, values, covariance


def _arm_flux(post: Posterior, arms):
    """Return the flux of all arms and its partials by the coordinates."""
    problem, n = post.problem, len(post.vector)
    wide = np.zeros((n, *problem.frame.wide))
    slope = np.zeros(n + len(problem.terms))
    model = problem.par.model(post.vector)
    images = list(problem.images(model, jac=True)) if arms else []
    for i in arms:
        a = post.amplitude[i]
        problem.add_partials(wide, model, problem.terms[i], a * images[i][1:])
        slope[n + i] = images[i][0].sum()
    slope[:n] = wide.sum((1, 2))
    return float(slope[n:] @ post.amplitude), slope
