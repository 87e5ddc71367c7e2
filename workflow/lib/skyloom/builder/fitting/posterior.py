"""The covariance of a fit's parameters, from the posterior's curvature.

At the solution the posterior is taken as Gaussian in the coordinates of the fit
(Laplace): ``cov = (J' J + P)^-1`` with J the partials of the image in sigma by geometry
and brightness, and P the inverse variances of the priors. Parameters that sit on a
limit are held there; an arm at its brightest keeps its ratio to the disk. The result is
carried to the values that are reported, brightness at Re and axis ratios below 1, by
their numerical derivatives.

Of this covariance ``cov P cov`` comes from the priors and the rest from the image: the
part of a quantity's variance that is the priors' tells how far they decide it, 0 for a
quantity that the image alone gives and 1 for one that the priors alone give (Rodgers
2000, Inverse Methods for Atmospheric Sounding, section 3.2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from skyloom.builder.fitting.canonical import canonical
from skyloom.builder.fitting.fit import Problem, lit
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.parameters import named_values
from skyloom.builder.model import Model

# A trust region nears a limit and never reaches it. On it is what lies closer than a
# twentieth of the error it would have if all else were known, but this is not less nor
# more than these parts of the range that is allowed.
NEAR_IN_ERROR = 0.05
NEAR_IN_RANGE = (1e-3, 1e-2)
STEP = 1e-5
TINY = np.finfo(float).tiny


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
        Zero in rows and columns of what is held on a limit, but that an arm's
        brightness moves with its disk's.
    from_priors : ndarray, of the same shape
        The part of it that comes from the priors.
    limits : tuple of str
        Parameters on a limit, as ``bulge.q:lower`` or ``spiral.0.I:upper``.
    """

    problem: Problem
    vector: np.ndarray
    amplitude: np.ndarray
    covariance: np.ndarray
    from_priors: np.ndarray
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
        """Return a quantity (n_out,) of the coordinates, and its covariance."""
        values, covariance, _ = self.with_shares(quantity)
        return values, covariance

    def with_shares(self, quantity: Callable[[np.ndarray], np.ndarray]):
        """Return a quantity, its covariance, and what part of its variance is priors'.

        The part is NaN where the quantity is fixed.
        """
        gradient = differences(quantity, self.coordinates)
        covariance = gradient @ self.covariance @ gradient.T
        part = np.einsum("ij,jk,ik->i", gradient, self.from_priors, gradient)
        whole, unknown = np.diag(covariance), np.full(len(part), np.nan)
        shares = np.divide(part, whole, out=unknown, where=whole > 0)
        return quantity(self.coordinates), covariance, shares

    def held(self, names: Sequence[str]) -> np.ndarray:
        """Return which of some values are an arm's brightness at its limit.

        It has no error; differences leave rounding, even below zero.
        """
        return np.array(
            [n.endswith(".I") and f"{n}:upper" in self.limits for n in names]
        )


def posterior(
    problem: Problem, vector, scale: float = 1.0, sky: float = 0.0
) -> Posterior:
    """Return the Gaussian approximation of the posterior at a solution.

    `scale` is a factor on every standard error, and `sky` the standard error of the
    level of the whole image [image units], of which all parameters move a part.
    """
    amplitude, design = problem.solve(vector)
    partials = np.hstack([problem.slopes(vector, amplitude), design])
    precision, priors = partials.T @ partials, np.zeros((partials.shape[1],) * 2)
    n = len(vector)
    priors[:n, :n] = problem.prior_root.T @ problem.prior_root
    precision += priors
    held = on_limit(problem, vector, np.diag(precision)[:n])
    free = np.eye(n)[:, [h is None for h in held]]
    move = linalg.block_diag(free, problem.light.directions(amplitude))
    move = move[:, np.diag(move.T @ precision @ move) > 0]
    covariance = move @ _inverse(move.T @ precision @ move) @ move.T
    names = [*problem.par.names, *(f"{term}.I" for term in problem.terms)]
    sides = zip(names, [*held, *problem.light.sides(amplitude)], strict=True)
    limits = tuple(f"{name}:{side}" for name, side in sides if side)
    moved = sky * (covariance @ (partials.T @ problem.weight))
    return Posterior(
        problem,
        vector,
        amplitude,
        covariance * scale**2 + np.outer(moved, moved),
        covariance @ priors @ covariance * scale**2,
        limits,
    )


def _inverse(precision):
    norm = np.sqrt(np.diag(precision))
    scale = np.outer(norm, norm)
    return np.linalg.pinv(precision / scale, hermitian=True) / scale


def on_limit(problem: Problem, vector, precision) -> list[str | None]:
    """Return for each free parameter the limit it sits on: lower, upper or None.

    `precision` is the inverse variance of each parameter if all others were known.
    """
    lower, upper = problem.bounds
    span = np.where(np.isfinite(upper - lower), upper - lower, 1.0)
    near = NEAR_IN_ERROR / np.sqrt(np.maximum(precision, TINY))
    room = np.clip(near, *(part * span for part in NEAR_IN_RANGE))
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
    names, quantity = value_quantity(post)
    values, covariance = post.propagated(quantity)
    held = post.held(names)
    return names, values, np.where(held | held[:, None], 0.0, covariance)


def value_quantity(post: Posterior):
    """Return the names of the parameters, and them as a function of the coordinates."""
    here, terms = named_values(post.model(post.coordinates)), post.problem.terms
    geometry = [t for name in post.problem.par.names for t in _reported(name, terms)]
    names = [*geometry, *(f"{term}.I" for term in terms)]

    def quantity(coordinates):
        values = named_values(post.model(coordinates))
        return np.array([_near(values[n], here[n], n) for n in names])

    return names, quantity


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
    names, quantity = flux_quantity(post)
    return names, *post.propagated(quantity)


def flux_quantity(post: Posterior):
    """Return the components' names, and their fluxes as a function of coordinates."""
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

    return names, quantity


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
