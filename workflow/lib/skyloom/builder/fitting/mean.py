"""Means of a galaxy's quantities over the sets of components that it may have.

A quantity's mean and variance are over the sets that have it: the variance holds that
within each set and that between them (law of total variance).

Source: Hoeting et al. 1999, Stat. Sci. 14, 382, equations 1 to 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skyloom.builder.fitting.posterior import Posterior, flux_quantity, value_quantity

# What no fit of one galaxy knows of its own errors, relative to each quantity: learned
# from 112 simulated galaxies, half of which have light that is in no component of ours
# (`simulation.beyond`), so that 68 per cent of all intervals hold the truth. On other
# galaxies they hold it less often where there is such light (54 per cent of disk Re, 39
# of the arms' light); ``analysis/recovery.json`` of a run tells. That of the disk and
# of all light grows as the logarithm of the inflation (`fitting.misfit`).
SYSTEMATIC = {"disk.Re": 0.008, "disk.q": 0.015, "flux.total": 0.003}
SYSTEMATIC_LIGHT = {"bulge": 0.38, "bar": 0.38, "spiral": 0.29}
SYSTEMATIC_SHAPE = {"Re": 0.25, "q": 0.08, "n": 0.33}  # of bulge and bar
PLACES = ("A", "t_min", "t_max")  # of arms: told in the axes of their disk


@dataclass(frozen=True)
class Quantities:
    """Named quantities with their covariance; roll [rad] is known modulo pi."""

    names: tuple[str, ...]
    values: np.ndarray
    covariance: np.ndarray
    shares: np.ndarray  # of the priors in each variance within a set, 0 to 1

    def tree(self) -> dict:
        """Return the quantities as plain JSON, with ``errors``.

        ``prior_shares`` is None for a value that is fixed.
        """
        errors = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        return {
            "names": list(self.names),
            "values": self.values.tolist(),
            "errors": errors.tolist(),
            "covariance": self.covariance.tolist(),
            "prior_shares": [None if np.isnan(s) else float(s) for s in self.shares],
        }


def quantities(post: Posterior, arms: Sequence[int]) -> Quantities:
    """Return a fit's parameters, fluxes and fractions.

    Where an arm starts, ends and passes theta = 0 is told in the axes of its disk,
    which differ from set to set, and is left out. Names are those of
    `posterior.free_values`, ``flux.total``, ``flux.disk`` ... and ``fraction.disk``
    ...; `arms` numbers the fit's arms, as ``spiral.2.phi``.
    """
    value_names, parameters = value_quantity(post)
    parts, fluxes = flux_quantity(post)

    def everything(coordinates):
        light = fluxes(coordinates)
        total = light.sum()
        return np.concatenate([parameters(coordinates), [total], light, light / total])

    names, n = [_numbered(name, arms) for name in value_names], len(value_names)
    names += ["flux.total", *(f"flux.{part}" for part in parts)]
    names += [f"fraction.{part}" for part in parts]
    kept = [i for i, name in enumerate(names) if name.rpartition(".")[2] not in PLACES]
    values, covariance, shares = post.with_shares(everything)
    held = post.held([*value_names, *names[n:]])
    covariance = np.where(held | held[:, None], 0.0, covariance)
    named = tuple(names[i] for i in kept)
    shares = np.where(held, np.nan, shares)[kept]
    return Quantities(named, values[kept], covariance[np.ix_(kept, kept)], shares)


def _numbered(name: str, arms: Sequence[int]) -> str:
    if not name.startswith("spiral."):
        return name
    _, own, key = name.split(".")
    return f"spiral.{arms[int(own)]}.{key}"


def mean(
    sets: Sequence[Quantities], weights: Sequence[float], inflation: float = 1.0
) -> Quantities:
    """Return the weighted mean of the quantities that the first of the sets has.

    Pairs of quantities vary together as they do over the sets that have both. To the
    variances comes a systematic one, by the `inflation` of the noise.
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
    total = share.sum(0)
    centre = (share * values).sum(0) / total
    away = np.where(has > 0, values - centre, 0.0)
    both = has[:, :, None] * has[:, None, :] * np.asarray(weights)[:, None, None]
    spread = within + away[:, :, None] * away[:, None, :]
    covariance = (both * spread).sum(0) / np.sqrt(np.outer(total, total))
    centre, scale = _whole(names, centre)
    covariance *= np.outer(scale, scale)
    systematic = _systematic(names, centre, math.log(inflation))
    covariance += np.diag(systematic**2)
    return Quantities(names, centre, covariance, sets[0].shares)


def _whole(names: Sequence[str], values: np.ndarray):
    """Return values whose fractions sum to 1 and parts to all light, and the factors.

    Each part is the mean over the sets that have it, and these are not the same sets.
    """
    parts = {n: i for i, n in enumerate(names) if n.startswith("fraction.")}
    scale = np.ones(len(values))
    if parts:
        whole = values[list(parts.values())].sum()
        light = values[names.index("flux.total")]
        for name, i in parts.items():
            j = names.index(name.replace("fraction", "flux"))
            scale[i] = 1 / whole
            scale[j] = values[i] * light / (whole * values[j])
    return values * scale, scale


def _systematic(names: Sequence[str], values: np.ndarray, log: float) -> np.ndarray:
    """Return the systematic error of each quantity at a logarithm of the inflation."""
    parts = {name: log * part for name, part in SYSTEMATIC.items()}
    for name in ("bulge", "bar"):
        parts |= {f"{name}.{key}": part for key, part in SYSTEMATIC_SHAPE.items()}
    for kind in ("fraction", "flux"):
        parts |= {f"{kind}.{name}": part for name, part in SYSTEMATIC_LIGHT.items()}
    errors = np.array([parts.get(name, 0.0) for name in names]) * values
    for kind in ("fraction", "flux"):
        # What a part has too much, the disk has too little.
        own = [i for i, name in enumerate(names) if name in
               {f"{kind}.{part}" for part in SYSTEMATIC_LIGHT}]  # fmt: skip
        if f"{kind}.disk" in names:
            errors[names.index(f"{kind}.disk")] = np.hypot.reduce(errors[own])
    return errors
