"""From galaxy models to the vector that a fit moves, and back.

Lengths, axis ratios, indices and boxyness move as logarithms, which keeps them
positive and makes their posterior nearly Gaussian; positions and angles move as they
are. Bulge and bar share one centre (Lingard et al. 2020, section 4). Brightness is no
part of the vector: it is linear and solved for at each step (`fitting.fit`).

The crowd drew its arms on the sky, but A, phi and theta are measured in the disk's
plane: the prior on them moves with the disk, so that an arm stays where it was drawn
when the disk under it shifts, turns or tilts.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skyloom.builder.fitting.spirals import reframed
from skyloom.builder.model import COMPONENTS, Model, SpiralArm, replace

SHAPE = {
    "disk": ("q", "Re"),
    "bulge": ("q", "Re", "n"),
    "bar": ("q", "Re", "n", "c"),
}
GEOMETRY = ("A", "phi", "t_min", "t_max")
LOGARITHMIC = frozenset(("q", "Re", "n", "c", "A", "spread"))
NO_PRIOR = (None, math.inf, None)
PLANE = ("disk.mux", "disk.muy", "disk.roll", "disk.q")
# Pixels, radians and degrees; 0.2 for the logarithms.
STEPS = {"mux": 1.0, "muy": 1.0, "roll": 0.1, "phi": 2.0, "t_min": 0.1, "t_max": 0.1}


@dataclass(frozen=True)
class Parametrisation:
    """Which parameters of a model are free, and where a fit starts.

    `start` holds the value of all that is fixed; `names` are as ``disk.q``,
    ``centre.mux`` or ``spiral.0.phi``.
    """

    start: Model
    names: tuple[str, ...]

    @property
    def logarithmic(self) -> np.ndarray:
        """Which entries of the vector are logarithms."""
        return np.array([name.rsplit(".", 1)[1] in LOGARITHMIC for name in self.names])

    def begin(self) -> np.ndarray:
        """Return the start, as the fit moves it."""
        return self.vector(self.start)

    def vector(self, model: Model) -> np.ndarray:
        """Return the free parameters of a model, as the fit moves them."""
        values = np.array([value_of(model, name) for name in self.names])
        values[self.logarithmic] = np.log(values[self.logarithmic])
        return values

    def steps(self) -> np.ndarray:
        """Return a typical step of each free parameter, for the search's metric."""
        return np.array([STEPS.get(name.rsplit(".", 1)[1], 0.2) for name in self.names])

    def model(self, vector) -> Model:
        """Return the model at a vector, of the start's brightness."""
        values = np.array(vector, float)
        values[self.logarithmic] = np.exp(values[self.logarithmic])
        return with_values(self.start, self.names, values)


def parametrise(model: Model) -> Parametrisation:
    """Choose the free parameters of a model; drawn arms free their spread only."""
    names = []
    if model.disk is not None:
        names += [f"disk.{key}" for key in ("mux", "muy", "roll", *SHAPE["disk"])]
    if model.bulge or model.bar:
        names += ["centre.mux", "centre.muy"]
    for part in ("bulge", "bar"):
        if getattr(model, part) is not None:
            names += [f"{part}.{key}" for key in ("roll", *SHAPE[part])]
    for i, arm in enumerate(model.spiral):
        geometry = GEOMETRY if isinstance(arm, SpiralArm) else ()
        names += [f"spiral.{i}.{key}" for key in (*geometry, "spread")]
    return Parametrisation(share_centre(model), tuple(names))


def share_centre(model: Model) -> Model:
    """Move bulge and bar to the mean of their centres."""
    parts = {k: p for k, p in model.components().items() if k != "disk"}
    if not parts:
        return model
    centres = [(p.mux, p.muy) for p in parts.values()]
    mux, muy = np.mean(centres, axis=0).tolist()
    return replace(model, **{k: replace(p, mux=mux, muy=muy) for k, p in parts.items()})


def value_of(model: Model, name: str) -> float:
    """Return one named parameter of a model."""
    part, key = name.rsplit(".", 1)
    if part == "centre":
        part = "bulge" if model.bulge is not None else "bar"
    return getattr(_parts(model)[part], key)


def with_values(model: Model, names: Sequence[str], values) -> Model:
    """Return a model with some named parameters changed."""
    changed: dict[str, dict] = {part: {} for part in _parts(model)}
    for name, value in zip(names, values, strict=True):
        part, key = name.rsplit(".", 1)
        for target in {"bulge", "bar"} & set(changed) if part == "centre" else {part}:
            changed[target][key] = float(value)
    parts = {k: replace(p, **changed[k]) for k, p in model.components().items()}
    arms = (replace(p, **changed[f"spiral.{i}"]) for i, p in enumerate(model.spiral))
    return replace(model, **parts, spiral=tuple(arms))


def named_values(model: Model) -> dict[str, float]:
    """Return every number of a model by name, ``disk.mux`` to ``spiral.1.spread``."""
    return {
        f"{name}.{field.name}": getattr(part, field.name)
        for name, part in _parts(model).items()
        for field in dataclasses.fields(part)
        if field.name != "points"
    }


def _parts(model: Model) -> dict:
    arms = {f"spiral.{i}": arm for i, arm in enumerate(model.spiral)}
    return model.components() | arms


def prior_of(par: Parametrisation, errors: Mapping | None, population: Mapping):
    """Return the Gaussian prior of the free parameters, as the fit moves them.

    Parameters
    ----------
    par : Parametrisation
        Its start is the centre of the crowd's priors.
    errors : mapping or None
        The crowd's scatter, as in ``aggregates/<id>.json``; null means no prior.
    population : mapping of str to (median, width in ln, unit)
        Priors for parameters that the crowd says nothing about, by name without the
        arm's number, such as ``bulge.n``. The unit is None or a parameter, such as
        ``disk.Re``, that the median is relative to; without it there is no prior.

    Returns
    -------
    mean : ndarray, shape (n_free,)
        Centre.
    root : ndarray, shape (n_free, n_free)
        Root of the precision: ``root @ (vector - mean)`` are standard normal. Rows of
        zeros are parameters without prior.
    """
    mean, width = par.begin(), np.full(len(par.names), np.inf)
    plane = np.eye(len(mean)) - plane_slopes(par)
    for i, name in enumerate(par.names):
        scatter = crowd_scatter(errors or {}, name)
        if scatter is not None:
            scale = math.exp(mean[i]) if par.logarithmic[i] else 1.0
            width[i] = max(scatter / scale, 1e-3)
            continue
        median, spread, unit = population.get(_without_number(name), NO_PRIOR)
        if unit is None and median is not None:
            mean[i], width[i] = math.log(median), spread
        elif unit in par.names:
            j = par.names.index(unit)
            plane[i, j] -= 1.0
            mean[i], width[i] = math.log(median) + mean[j], spread
    return mean, (pivots(par, errors or {}) @ plane) / width[:, None]


def pivots(par: Parametrisation, errors: Mapping) -> np.ndarray:
    """Return the matrix that takes each arm's ln A to ln r at the crowd's pivot.

    Volunteers agree on an arm's radius where they drew it, not on its extrapolation
    to theta = 0: ``ln r = ln A + theta tan phi``, to first order in phi.
    """
    matrix = np.eye(len(par.names))
    crowd = zip(par.start.spiral, errors.get("spiral") or (), strict=False)
    for k, (arm, known) in enumerate(crowd):
        rows = [f"spiral.{k}.{key}" for key in ("A", "phi")]
        if all(row in par.names for row in rows):
            i, j = (par.names.index(row) for row in rows)
            tilt = 1 + math.tan(math.radians(arm.phi)) ** 2
            matrix[i, j] = known.get("pivot", 0.0) * tilt * math.pi / 180
    return matrix


def plane_slopes(par: Parametrisation) -> np.ndarray:
    """Return how the arms' geometry changes with the disk, the sky held still.

    Entry (i, j) of (n_free, n_free) is the slope of arm parameter i by disk
    parameter j; else 0.
    """
    slopes = np.zeros((len(par.names), len(par.names)))
    disk = par.start.disk
    columns = [n for n in par.names if n in PLANE] if disk is not None else []
    for name in columns:
        key, j = name.split(".")[1], par.names.index(name)
        step = 1e-4 * (disk.q if key == "q" else 1.0)
        at = getattr(disk, key)
        ends = [replace(disk, **{key: at + sign * step}) for sign in (-1, 1)]
        width = np.log(ends[1].q / ends[0].q) if key == "q" else 2 * step
        for k, arm in enumerate(par.start.spiral):
            if f"spiral.{k}.A" in par.names:
                rows = [par.names.index(f"spiral.{k}.{g}") for g in GEOMETRY]
                low, high = (_geometry(reframed(arm, disk, end)) for end in ends)
                slopes[rows, j] = (high - low) / width
    return slopes


def _geometry(arm: SpiralArm) -> np.ndarray:
    return np.array([math.log(arm.A), arm.phi, arm.t_min, arm.t_max])


def _without_number(name: str) -> str:
    head, *rest = name.split(".")
    return f"{head}.{rest[-1]}"


def crowd_scatter(errors: Mapping, name: str) -> float | None:
    """Return the crowd's scatter of one parameter, None where it has none.

    The shared centre takes the scatter of the disk's and of its own part's centre in
    quadrature: volunteers place the disk by its outline, not its light.
    """
    part, *rest = name.split(".")
    if part == "centre":
        found = [crowd_scatter(errors, f"{p}.{rest[0]}") for p in COMPONENTS]
        known = [s for s in found if s is not None]
        return math.hypot(*known) if known else None
    if part == "spiral":
        arms = errors.get("spiral") or []
        i = int(rest[0])
        return arms[i].get(rest[1]) if i < len(arms) else None
    return (errors.get(part) or {}).get(rest[0])


def bounds_of(par: Parametrisation, bounds: Mapping):
    """Return the lower and upper limits of the vector.

    Parameters
    ----------
    par : Parametrisation
        What is free.
    bounds : mapping of str to (lower, upper)
        By name without the arm's number; ``bulge.Re`` and ``bar.Re`` in units of the
        starting disk's Re, all else in its own units. Without a disk these units are
        the limits of ``disk.Re``: any disk that there might be. No entry: unbounded.
    """
    lower = np.full(len(par.names), -np.inf)
    upper = np.full(len(par.names), np.inf)
    disk = par.start.disk
    any_disk = bounds.get("disk.Re", (0.0, np.inf))
    for i, (name, log) in enumerate(zip(par.names, par.logarithmic, strict=True)):
        low, high = bounds.get(_without_number(name), (None, None))
        if low is None:
            continue
        limits = np.array([low, high])
        if name in ("bulge.Re", "bar.Re"):
            limits *= disk.Re if disk else any_disk
        with np.errstate(divide="ignore"):  # a limit of 0 is none for a logarithm
            lower[i], upper[i] = np.log(limits) if log else limits
    return lower, upper
