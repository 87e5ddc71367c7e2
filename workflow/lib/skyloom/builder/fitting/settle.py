"""A search that ends where every component has light.

Where a component ends without light it is dropped, and the search goes on from where
it was with the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from skyloom.builder.fitting.fit import RTOL, Problem
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.render import arm_image
from skyloom.builder.fitting.search import Solution, search
from skyloom.builder.model import Model, replace
from skyloom.io.errors import DatumError

STRETCHES = (2.0, 0.5)


@dataclass(frozen=True)
class Settled:
    """The end of a search.

    Attributes
    ----------
    problem : Problem
        Of the components that have light.
    found : Solution
        Where its search ended.
    crowd, errors : Model, mapping or None
        Centre and width of the priors, of these components.
    arms : tuple of int
        Number of each arm in the model that the first search began with.
    dropped : tuple of str
        Components without light, arms by their first number.
    """

    problem: Problem
    found: Solution
    crowd: Model
    errors: Mapping | None
    arms: tuple[int, ...]
    dropped: tuple[str, ...]

    @property
    def objective(self) -> float:
        """Chi² and the priors' part of it."""
        return objective(self.problem, self.found.vector)

    @property
    def residuals(self) -> np.ndarray:
        """Model less image at the good pixels, in sigma."""
        return self.problem.residuals(self.found.vector)[: len(self.problem.data)]

    @property
    def chisq(self) -> float:
        """Chi² of the image."""
        return float(self.residuals @ self.residuals)

    def gain(self, term: str) -> float:
        """Return by how much chi² grows without a term, all geometry held."""
        amplitude, design = self.problem.solve(self.found.vector)
        k = self.problem.terms.index(term)
        q, r = np.linalg.qr(design)
        seen = q.T @ self.problem.data
        kept = optimize.nnls(np.delete(r, k, axis=1), seen)[1] ** 2
        return float(kept - np.sum((r @ amplitude - seen) ** 2))

    def renumbered(self, arms: Sequence[int]) -> Settled:
        """Return the same end, with the arms' numbers in another model."""
        kept = tuple(arms[i] for i in self.arms)
        first = {f"spiral.{own}": f"spiral.{i}" for own, i in enumerate(arms)}
        dropped = tuple(first.get(term, term) for term in self.dropped)
        return dataclasses.replace(self, arms=kept, dropped=dropped)

    @property
    def light(self) -> dict[str, float]:
        """Total flux by term: Sérsic components to infinity, arms as rendered."""
        problem, shape = self.problem, self.shape
        amplitude, _ = problem.solve(self.found.vector)
        units = {
            name: total_flux(replace(part, I=1.0))
            for name, part in shape.components().items()
        }
        for i, arm in enumerate(shape.spiral if shape.disk else ()):
            image = arm_image(shape.disk, arm, problem.frame, RTOL)
            units[f"spiral.{i}"] = float(image.sum())
        light = zip(problem.terms, amplitude.tolist(), strict=True)
        return {term: a * units[term] for term, a in light}

    @property
    def shape(self) -> Model:
        """The geometry found, of no particular brightness."""
        return self.problem.par.model(self.found.vector)


def settle(
    crowd: Model,
    errors: Mapping | None,
    cutout,
    limit: int,
    start: Model | None = None,
    *,
    patient: bool = True,
    inflation: float = 1.0,
) -> Settled:
    """Search; where a component ends without light, drop it and search again.

    Each search begins where the last one ended, but the priors stay the crowd's.

    Parameters
    ----------
    crowd, errors : Model, mapping or None
        Centre and width of the priors.
    limit : int
        Evaluations of each search.
    start : Model, optional
        Where the first search begins, with the components of `crowd`.
    patient : bool
        Search from other sizes too before a component is dropped.
    inflation : float
        Of the noise, against which priors of the population and of arms count.

    Raises
    ------
    DatumError
        If the image has too few pixels, or light of no component.
    """
    dropped: list[str] = []
    arms = tuple(range(len(crowd.spiral)))
    while True:
        problem = Problem(crowd, cutout, errors, start, inflation)
        if len(problem.data) <= len(problem.par.names) + len(problem.terms):
            msg = f"{len(problem.data)} good pixels are too few for the model"
            raise DatumError(msg)
        find = _search if patient else search
        found = find(problem, limit)
        dark = _dark(problem, found)
        if len(dark) == len(problem.terms):
            msg = "no component has light in this image"
            raise DatumError(msg)
        if not dark:
            return Settled(problem, found, crowd, errors, arms, tuple(dropped))
        start, _ = without(problem.par.model(found.vector), None, dark)
        crowd, errors = without(crowd, errors, dark)
        gone = [i for k, i in enumerate(arms) if f"spiral.{k}" in dark]
        dropped += [t for t in dark if not t.startswith("spiral")]
        dropped += [f"spiral.{i}" for i in gone]
        arms = tuple(i for i in arms if i not in gone)


def _search(problem: Problem, limit: int) -> Solution:
    """Search from the start, and from other sizes where light went out on the way.

    A component without light has no slope and cannot come back by itself.
    """
    found = search(problem, limit)
    if not _dark(problem, found):
        return found
    others = [search(problem, limit, stretch) for stretch in STRETCHES]
    return min([found, *others], key=lambda one: objective(problem, one.vector))


def _dark(problem: Problem, found: Solution) -> list[str]:
    amplitude, _ = problem.solve(found.vector)
    return [t for t, a in zip(problem.terms, amplitude, strict=True) if a <= 0]


def objective(problem: Problem, vector) -> float:
    """Return chi² and the priors' part of it, at a vector."""
    residuals = problem.residuals(vector)
    return float(residuals @ residuals)


def without(model: Model, errors, terms):
    """Return a model and the crowd's scatter without `terms`, as ``bar``, ``spiral.0``.

    With the disk go all arms.
    """
    if "disk" in terms:
        terms = [*terms, *(f"spiral.{i}" for i in range(len(model.spiral)))]
    kept = [i for i in range(len(model.spiral)) if f"spiral.{i}" not in terms]
    gone = {t: None for t in terms if not t.startswith("spiral")}
    model = replace(model, **gone, spiral=tuple(model.spiral[i] for i in kept))
    arms = (errors or {}).get("spiral") or []
    if errors:
        errors = {**errors, **gone, "spiral": [arms[i] for i in kept if i < len(arms)]}
    return model, errors
