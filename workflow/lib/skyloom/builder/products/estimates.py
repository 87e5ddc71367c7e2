"""Numbers of a fit by name, with their joint covariance.

Errors of what is made from them follow the covariance to first order (the delta
method).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from skyloom.builder.fitting.parameters import named_values
from skyloom.builder.model import COMPONENTS, from_dict
from skyloom.builder.products.photometry import fractions, propagate

PARTS = (*COMPONENTS, "spiral")
STEP = 1e-3  # of a derivative, in errors


@dataclass(frozen=True)
class Estimates:
    """Values by name (px, rad, image units); those of `names` have a covariance.

    All others are fixed.
    """

    values: Mapping[str, float]
    names: tuple[str, ...]
    covariance: np.ndarray

    def of(self, function: Callable, *names: str) -> tuple[float, float]:
        """Return a function of some values, and its standard error; NaN if fixed."""
        value = float(function(*(self.values[name] for name in names)))
        (variance,) = self.joint([(function, names)])[0]
        # A negative variance is rounding of a zero.
        return value, math.sqrt(max(variance, 0.0)) or math.nan

    def value(self, name: str) -> tuple[float, float]:
        """Return a value and its standard error; NaN if fixed."""
        return self.of(float, name)

    def joint(self, quantities: Iterable[tuple[Callable, Iterable[str]]]) -> np.ndarray:
        """Return the covariance (n, n) of n functions, each with its names."""
        rows = [self._gradient(function, [*names]) for function, names in quantities]
        return propagate(np.array(rows), self.covariance)

    def _gradient(self, function: Callable, names: list[str]) -> np.ndarray:
        slopes = np.zeros(len(self.names))
        here = [self.values[name] for name in names]
        for i, name in enumerate(names):
            if name not in self.names:
                continue
            k = self.names.index(name)
            step = STEP * math.sqrt(max(self.covariance[k, k], 0.0))
            if step > 0:
                up, down = (
                    [*here[:i], here[i] + s, *here[i + 1 :]] for s in (step, -step)
                )
                slopes[k] += (function(*up) - function(*down)) / (2 * step)
        return slopes


def estimates(tree: Mapping) -> Estimates:
    """Return the numbers of a fit: of ``mean``, where the tree has one, before others.

    Beside the parameters, ``flux.total`` and ``flux.`` and ``fraction.`` of each
    component.
    """
    values = named_values(from_dict(tree["model"]))
    names, covariances = [], []
    for found, numbers, covariance in (_mean(tree), _fluxes(tree), _free(tree, values)):
        new = [i for i, name in enumerate(found) if name not in names]
        names += [found[i] for i in new]
        values |= {found[i]: float(numbers[i]) for i in new}
        covariances.append(np.array(covariance, float)[np.ix_(new, new)])
    return Estimates(
        values, tuple(names), block_diag(*(c for c in covariances if c.size))
    )


def _mean(tree: Mapping):
    mean = tree.get("mean") or {"names": [], "values": [], "covariance": []}
    return mean["names"], mean["values"], _square(mean["covariance"])


def _free(tree: Mapping, values: Mapping):
    names = [name for name in tree["parameters"] if name in values]
    kept = [tree["parameters"].index(name) for name in names]
    covariance = _square(tree["covariance"])[np.ix_(kept, kept)]
    return names, [values[name] for name in names], covariance


def _fluxes(tree: Mapping):
    # A JSON object has no order of its own; the covariance's rows do.
    flux = {name: tree["flux"][name] for name in PARTS if name in tree["flux"]}
    share = np.array([*fractions(flux).values()])
    total, one = sum(flux.values()), np.eye(len(flux))
    slopes = np.vstack([one, np.ones(len(flux)), (one - share[:, None]) / total])
    names = [f"flux.{name}" for name in (*flux, "total")]
    names += [f"fraction.{name}" for name in flux]
    covariance = propagate(slopes, _square(tree["flux_covariance"]))
    return names, [*flux.values(), total, *share], covariance


def _square(covariance) -> np.ndarray:
    # An error that is not known, as None, leaves no error.
    found = np.array(covariance, float).reshape(len(covariance), len(covariance))
    return np.nan_to_num(found, nan=0.0)
