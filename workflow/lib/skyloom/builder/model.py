"""The galaxy model of Galaxy Builder and its JSON form.

Conventions, everywhere in `skyloom.builder`:

* image arrays are indexed ``[y, x]``; pixel centres lie at integer coordinates;
* ``roll`` [rad, 0 to pi) turns the component counter-clockwise from the state in
  which its **major** axis lies along +y;
* ``q`` is minor over major axis, ``Re`` the effective semi-major axis in pixels;
* ``I`` is the surface brightness **at** ``Re``, in image units;
* an arm's ``I`` is dimensionless: its light is ``I`` times the disk's.

Source: Lingard et al. 2020, ApJ 900, 178, section 3.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

BEYOND = 1e9  # in any unit; sums of squares of what is below stay finite
COMPONENTS = ("disk", "bulge", "bar")
MOST_ARMS = 4  # of a fitted model


class ModelError(ValueError):
    """A model description that no galaxy could have."""


@dataclass(frozen=True, slots=True)
class Sersic:
    """A boxy Sérsic component."""

    mux: float  # centre [px]
    muy: float
    roll: float  # of the major axis, from +y counter-clockwise [rad]
    q: float  # minor over major axis
    Re: float  # effective (half-light) semi-major axis [px]
    I: float  # noqa: E741 - surface brightness at Re [image units]
    n: float = 1.0  # Sérsic index
    c: float = 2.0  # boxyness: 2 is an ellipse, more is boxy, less is disky


@dataclass(frozen=True, slots=True)
class DrawnArm:
    """A spiral arm as a volunteer drew it: a polyline with sliders."""

    points: np.ndarray  # (n_points, 2), vertices (x, y) [px]
    I: float  # noqa: E741 - brightness relative to the disk
    spread: float  # Gaussian width [px]
    falloff: float = 1.0  # the volunteer's slider, kept but not rendered


@dataclass(frozen=True, slots=True)
class SpiralArm:
    """A logarithmic spiral arm in the disk's plane.

    ``r = A exp(theta tan phi)`` with theta in [t_min, t_max], seen inclined:
    ``(x, y) = Rot(roll) (q r cos theta, r sin theta) + (mux, muy)`` of the disk.
    """

    I: float  # noqa: E741 - brightness relative to the disk
    spread: float  # Gaussian width [px]
    A: float  # radius at theta = 0 [px]
    phi: float  # pitch angle [deg]; its sign is the chirality
    t_min: float  # range of the polar angle [rad]
    t_max: float


Arm = DrawnArm | SpiralArm


@dataclass(frozen=True, slots=True)
class Model:
    """A galaxy: disk, bulge and bar, each or None, and arms on the disk."""

    disk: Sersic | None = None
    bulge: Sersic | None = None
    bar: Sersic | None = None
    spiral: tuple[Arm, ...] = ()

    def components(self) -> dict[str, Sersic]:
        """Return the Sérsic components that exist, by name."""
        found = ((name, getattr(self, name)) for name in COMPONENTS)
        return {name: part for name, part in found if part is not None}


def replace(part, **changes):
    """Return a copy of a component, arm or model with some fields changed."""
    return dataclasses.replace(part, **changes)


def to_dict(model: Model) -> dict:
    """Return the JSON form of a model: plain dicts, lists and floats."""
    parts = {name: _fields(getattr(model, name)) for name in COMPONENTS}
    return parts | {"spiral": [_fields(arm) for arm in model.spiral]}


def from_dict(tree: Mapping) -> Model:
    """Read a model from its JSON form.

    Raises
    ------
    ModelError
        Naming the component and field that is missing, unknown, not a finite
        number, or out of its physical range.
    """
    if not isinstance(tree, Mapping):
        found = type(tree).__name__
        msg = f"model: expected an object, got {found}"
        raise ModelError(msg)
    unknown = set(tree) - {*COMPONENTS, "spiral"}
    if unknown:
        msg = f"model: unknown component {sorted(unknown)}; expected disk, bulge, bar"
        raise ModelError(msg)
    parts = {name: _sersic(name, tree.get(name)) for name in COMPONENTS}
    drawn = [] if tree.get("spiral") is None else tree["spiral"]
    if not isinstance(drawn, list):
        msg = f"spiral: expected a list, got {type(drawn).__name__}"
        raise ModelError(msg)
    arms = [_arm(f"spiral[{i}]", arm) for i, arm in enumerate(drawn)]
    return Model(**parts, spiral=tuple(arms))


def _fields(part) -> dict | None:
    if part is None:
        return None
    values = {f.name: getattr(part, f.name) for f in dataclasses.fields(part)}
    return {k: np.asarray(v, float).tolist() for k, v in values.items()}


def _error(where: str, problem: str) -> ModelError:
    return ModelError(f"{where}: {problem}")


def _number(where: str, tree: Mapping, key: str) -> float:
    if key not in tree:
        raise _error(where, f"missing {key!r}")
    place = f"{where}.{key}"
    try:
        value = math.nan if isinstance(tree[key], bool) else float(tree[key])
    except (TypeError, ValueError, OverflowError):
        found = str(tree[key])[:40]
        raise _error(place, f"expected a number, got {found!r}") from None
    if not abs(value) < BEYOND:
        raise _error(place, f"expected a finite number, got {tree[key]}")
    return value


def _build(cls, where: str, tree, above_zero: Iterable[str], defaults: Mapping = {}):
    if not isinstance(tree, Mapping):
        found = type(tree).__name__
        raise _error(where, f"expected an object of numbers, got {found}")
    names = [f.name for f in dataclasses.fields(cls)]
    unknown = set(tree) - set(names)
    if unknown:
        raise _error(where, f"unknown field {sorted(unknown)}; expected {names}")
    part = cls(**{k: _number(where, {**defaults, **tree}, k) for k in names})
    for key in above_zero:
        value, place = getattr(part, key), f"{where}.{key}"
        if value <= 0:
            raise _error(place, f"expected more than 0, got {value}")
    return part


def _sersic(name: str, tree) -> Sersic | None:
    if tree is None:
        return None
    return _build(Sersic, name, tree, ("q", "Re", "n", "c"), {"n": 1.0, "c": 2.0})


def _arm(where: str, tree) -> Arm:
    if not isinstance(tree, Mapping) or "points" not in tree:
        return _build(SpiralArm, where, tree, ("A", "spread"))
    try:
        points = np.array(tree["points"], float)
    except (TypeError, ValueError, OverflowError):
        points = np.empty(0)
    pairs = points.ndim == 2 and points.shape[1] == 2
    if not pairs or not (np.abs(points) < BEYOND).all():
        where = f"{where}.points"
        raise _error(where, "expected a list of finite [x, y] pairs")
    falloff = 1.0 if tree.get("falloff") is None else tree["falloff"]
    known = {**tree, "falloff": falloff}
    numbers = {k: _number(where, known, k) for k in ("I", "spread", "falloff")}
    return DrawnArm(points, **numbers)
