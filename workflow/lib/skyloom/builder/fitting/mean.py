"""Means of a galaxy's quantities over the sets of components that it may have.

A quantity's mean and variance are over the sets that have it: the variance holds that
within each set and that between them (law of total variance).

Source: Hoeting et al. 1999, Stat. Sci. 14, 382, equations 1 to 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skyloom.builder.fitting.posterior import Posterior, flux_quantity, value_quantity

# What no fit of one galaxy knows of its own errors, relative to the quantity: learned
# from simulated galaxies with light that is in none of our components
# (`tests/builder/set_table`).
SYSTEMATIC = {"Re": 0.0, "q": 0.0, "flux": 0.0, "fraction": 0.0}


@dataclass(frozen=True)
class Quantities:
    """Named quantities with their covariance; roll [rad] is known modulo pi."""

    names: tuple[str, ...]
    values: np.ndarray
    covariance: np.ndarray

    def tree(self) -> dict:
        """Return the quantities as plain JSON, with ``errors``."""
        errors = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        return {
            "names": list(self.names),
            "values": self.values.tolist(),
            "errors": errors.tolist(),
            "covariance": self.covariance.tolist(),
        }


def quantities(post: Posterior, arms: Sequence[int]) -> Quantities:
    """Return a fit's parameters, fluxes and fractions.

    Names are those of `posterior.free_values`, ``flux.total``, ``flux.disk`` ... and
    ``fraction.disk`` ...; `arms` numbers the fit's arms, as ``spiral.2.phi``.
    """
    value_names, parameters = value_quantity(post)
    parts, fluxes = flux_quantity(post)

    def everything(coordinates):
        light = fluxes(coordinates)
        total = light.sum()
        return np.concatenate([parameters(coordinates), [total], light, light / total])

    names = [_numbered(name, arms) for name in value_names]
    names += ["flux.total", *(f"flux.{part}" for part in parts)]
    names += [f"fraction.{part}" for part in parts]
    return Quantities(tuple(names), *post.propagated(everything))


def _numbered(name: str, arms: Sequence[int]) -> str:
    if not name.startswith("spiral."):
        return name
    _, own, key = name.split(".")
    return f"spiral.{arms[int(own)]}.{key}"


def mean(sets: Sequence[Quantities], weights: Sequence[float]) -> Quantities:
    """Return the weighted mean of the quantities that the first of the sets has.

    Pairs of quantities vary together as they do over the sets that have both.
    """
    names = sets[0].names
    values, has = np.zeros((len(sets), len(names))), np.zeros((len(sets), len(names)))
    within = np.zeros((len(sets), len(names), len(names)))
    for k, one in enumerate(sets):
        rows = [i for i, name in enumerate(names) if name in one.names]
        own = [one.names.index(names[i]) for i in rows]
        values[k, rows], has[k, rows] = one.values[own], 1.0
        within[k][np.ix_(rows, rows)] = one.covariance[np.ix_(own, own)]
    rolls = np.array([name.endswith(".roll") for name in names])
    turns = np.round((values - values[0]) / np.pi) * np.pi
    values = np.where(rolls & (has > 0), values - turns, values)
    share = has * np.asarray(weights, float)[:, None]
    centre = (share * values).sum(0) / share.sum(0)
    away = np.where(has > 0, values - centre, 0.0)
    both = has[:, :, None] * has[:, None, :] * np.asarray(weights)[:, None, None]
    spread = within + away[:, :, None] * away[:, None, :]
    covariance = (both * spread).sum(0) / both.sum(0)
    return Quantities(names, centre, covariance + np.diag(_systematic(names, centre)))


def _systematic(names: Sequence[str], values: np.ndarray) -> np.ndarray:
    """Return the variance that galaxies unlike any model add to each quantity."""
    parts = np.array([SYSTEMATIC.get(_kind(name), 0.0) for name in names])
    return (parts * values) ** 2


def _kind(name: str) -> str:
    first, _, rest = name.partition(".")
    return first if first in SYSTEMATIC else rest
