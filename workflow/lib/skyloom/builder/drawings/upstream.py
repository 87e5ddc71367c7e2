"""Importer of the published Galaxy Builder models (decoded upstream results).

One file a subject: the 30 volunteer models, the published clusters, aggregate, arms
and tuned fit. What was found out about them by measurement:

* **Volunteers' Re do not contain the scale slider**: clustering them as they stand
  gives the published membership (25 of 25 disks; 1 of 25 when sliders of the usual
  spread are multiplied in). The slider itself is lost, so ``scale`` is 1.
* **A disk's Re is already doubled** (trap 9 of `coordinates`): half of it, in drawn
  units, is a whole number of pixels more often than chance; the whole of it is not.
* Positions are in the frame's orientation, and **half a pixel off** (trap 3), turned
  with the image: by ``Rot(turns)(+0.5, +0.5)``. Published fits and frames are not.
  `volunteers_tree` takes the half pixel off when it is told the turns.
* An arm's spread was cut at 0.5 px, which the untouched slider falls below.
* ``tuning.deparametrized`` is not what was rendered: its bar ``I`` is for a flux
  formula with the boxyness factor R_c, which the renderer left out, and bulge and bar
  ``I`` are re-scaled by a wrong spiral sum when there are arms. `published_fit` goes
  back to the optimiser's own variables (``tuning.fit_model``) and to the stored sum
  of the rendered spiral, and so reproduces the stored images to rounding.

The pipeline reads the volunteers (`volunteers_tree`). All else that a file holds is
imported for comparison, in the forms of our own products: `published_aggregate`,
`published_errors`, `published_masks` and `published_arms` in those of
``aggregates/<id>.json``, `published_fit` as a model in image units, and
`published_tuning`. The tests on real data measure this project against them.

Source: Lingard et al. 2020, ApJ 900, 178, and its data release.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from skyloom.builder.drawings.coordinates import (
    SLIDERS,
    SPREAD_FLOOR,
    Screen,
    arm_brightness,
    arm_spread,
    brightness,
)
from skyloom.builder.drawings.volunteers import dropped_rows
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.model import (
    COMPONENTS,
    Model,
    ModelError,
    Sersic,
    SpiralArm,
    from_dict,
    replace,
    to_dict,
)
from skyloom.io.documents import read_json
from skyloom.io.errors import InputError

KEYS = {
    "subject": int,
    "index": list,
    "models": list,
    "aggregate": dict,
    "errors": dict,
    "clusters": dict,
    "arms": list,
    "tuning": dict,
    "image_size": list,
}
ARM_FIELDS = ("I", "spread", "A", "phi", "t_min", "t_max")


def read_upstream(path: str | Path) -> dict:
    """Read one decoded file and check its structure.

    Raises
    ------
    InputError
        Not readable as JSON, a key is missing or of another type, models and
        identifiers do not pair up, or an identifier stands twice.
    """
    tree = read_json(path, nonfinite=True)
    for key, kind in KEYS.items():
        if not isinstance(tree.get(key), kind):
            got = type(tree.get(key)).__name__
            raise InputError(
                path, f"got {got}", where=f"key {key!r}", expected=kind.__name__
            )
    _check_index(path, tree["index"], tree["models"])
    return tree


def volunteers_tree(tree: Mapping, turns: int | None = None) -> dict:
    """Return the volunteers tree of a decoded subject; see `volunteers.subject_tree`.

    Parameters
    ----------
    tree : mapping
        From `read_upstream`.
    turns : int, optional
        Quarter turns from the uploaded image to the frame, of which the half pixel
        is taken off (see above). None leaves the positions as published.

    Returns
    -------
    dict
        ``user`` and ``created_at`` are None: the files do not have them.
    """
    shape = frame_shape(tree)
    screen = Screen(shape)
    volunteers, rejected = [], []
    for identifier, raw in zip(tree["index"], tree["models"], strict=True):
        try:
            model, dropped = _volunteer_model(raw)
        except ModelError as why:
            rejected.append({"classification_id": identifier, "reason": str(why)})
            continue
        volunteers.append(_volunteer(identifier, _shifted(model, turns), screen))
        rejected.extend(dropped_rows(identifier, dropped))
    return {
        "subject_id": int(tree["subject"]),
        "shape": list(shape),
        "volunteers": volunteers,
        "rejected": rejected,
    }


def frame_shape(tree: Mapping) -> tuple[int, int]:
    """Return ``(ny, nx)`` of the frame that the models refer to."""
    ny, nx = tree["tuning"].get("shape") or tree["image_size"]
    return int(ny), int(nx)


def half_pixel(turns: int) -> np.ndarray:
    """Return what the half pixel became when the image was turned, (x, y) [px]."""
    x, y = 0.5, 0.5
    for _ in range(turns % 4):
        x, y = y, -x
    return np.array([x, y])


def published_aggregate(tree: Mapping) -> Model:
    """Return the published aggregate, as published (no half pixel taken off)."""
    return _flat_model(tree["aggregate"])


def published_errors(tree: Mapping) -> dict:
    """Return the published widths by component; None where there was no prior."""
    flat = _grouped(tree["errors"])
    return {
        name: {k: v if math.isfinite(v) else None for k, v in flat[name].items()}
        if name in flat
        else None
        for name in COMPONENTS
    }


def published_masks(tree: Mapping) -> dict[str, list[bool]]:
    """Return cluster membership by component, one bool a volunteer."""
    clusters = {k: set(tree["clusters"].get(k) or ()) for k in COMPONENTS}
    return {k: [i in members for i in tree["index"]] for k, members in clusters.items()}


def published_arms(tree: Mapping) -> list[dict]:
    """Return the published arms in the form of ``aggregates/<id>.json``.

    ``pitch_angle_err`` repairs the published ``sigma_pa``, which took the variance of
    the slope for its standard deviation: ``sd(b) / (1 + b^2)`` [deg].
    """
    return [_published_arm(arm) for arm in tree["arms"]]


def published_fit(tree: Mapping) -> Model:
    """Return the published fit as it was rendered (see the top of this module).

    Returns
    -------
    Model
        In image units of the cutout; bulge and bar share a centre.

    Raises
    ------
    KeyError
        When a variable that its components need is missing.
    """
    flat = _grouped(tree["tuning"]["fit_model"])
    disk = _fitted_disk(flat["disk"])
    below = flat["disk"]["L"] + float(tree["tuning"]["comp_sums"].get("spiral", 0.0))
    parts = {
        name: _fitted_part(flat[name], flat["centre"], disk, below)
        for name in ("bulge", "bar")
        if name in flat
    }
    return Model(disk=disk, **parts, spiral=_arms(flat.get("spiral", {})))


def published_tuning(tree: Mapping) -> dict:
    """Return how the published fit went: chisq (a pixel), iterations, success."""
    names = ("chisq", "nit", "nfev", "success", "message", "r_band_luminosity")
    return {name: tree["tuning"].get(name) for name in names}


def _check_index(path, index: list, models: list) -> None:
    if len(index) != len(models):
        problem = f"{len(models)} models for {len(index)} classification ids"
        raise InputError(path, problem, where="key 'models'", expected="one each")
    if len(set(map(str, index))) < len(index):
        problem = "a classification id appears twice"
        raise InputError(path, problem, where="key 'index'", expected="unique ids")


def _grouped(flat: Mapping) -> dict:
    """``{"disk.Re": 1, "spiral.A.0": 2}`` to ``{"disk": {"Re": 1}, ...}``."""
    groups: dict = {}
    for key, value in flat.items():
        name, *rest = key.split(".")
        place = groups.setdefault(name, {})
        if len(rest) == 2:
            place = place.setdefault(int(rest[1]), {})
        place[rest[0]] = value
    return groups


def _flat_model(flat: Mapping) -> Model:
    groups = _grouped(flat)
    parts = {k: _known(groups[k], Sersic) for k in COMPONENTS if k in groups}
    return from_dict({**parts, "spiral": _arm_trees(groups.get("spiral", {}))})


def _known(tree: Mapping, cls) -> dict:
    return {k: v for k, v in tree.items() if k in cls.__dataclass_fields__}


def _arm_trees(arms: Mapping) -> list[dict]:
    return [{k: arms[i][k] for k in ARM_FIELDS} for i in sorted(arms)]


def _arms(arms: Mapping) -> tuple[SpiralArm, ...]:
    return tuple(SpiralArm(**tree) for tree in _arm_trees(arms))


def _fitted_disk(flat: Mapping) -> Sersic:
    keys = ("mux", "muy", "roll", "q", "Re")
    return _of_total(Sersic(**{k: flat[k] for k in keys}, I=1.0), flat["L"])


def _fitted_part(flat: Mapping, centre: Mapping, disk: Sersic, below: float) -> Sersic:
    total = flat["frac"] / (1 - flat["frac"]) * below
    keys = {k: flat[k] for k in ("roll", "q", "n", "c") if k in flat}
    size = flat["scale"] * disk.Re
    unit = Sersic(centre["mux"], centre["muy"], **keys, Re=size, I=1.0)
    return _of_total(unit, total)


def _of_total(unit: Sersic, total: float) -> Sersic:
    # As upstream's renderer did: the flux formula without the boxyness factor.
    return replace(unit, I=total / total_flux(replace(unit, c=2.0)))


def _volunteer_model(raw: Mapping) -> tuple[Model, list[str]]:
    """Split the flat arm keys; lines of one point are dropped with a reason."""
    if not isinstance(raw, Mapping):
        msg = f"model: expected an object, got {type(raw).__name__}"
        raise ModelError(msg)
    arms, dropped = [], []
    flat = raw.get("spiral") or {}
    for i in range(int(flat.get("n_arms", 0))):
        fields = ("points", "I", "spread", "falloff")
        arm = {k: flat.get(f"{k}.{i}") for k in fields}
        count = len(arm["points"] or ())
        if count < 2:
            reason = f"a line of {count} point(s), expected 2 or more"
            dropped.append(f"spiral[{i}]: {reason}")
        else:
            arms.append(arm)
    parts = {k: raw.get(k) for k in COMPONENTS}
    return from_dict({**parts, "spiral": arms}), dropped


def _shifted(model: Model, turns: int | None) -> dict:
    tree = to_dict(model)
    if turns is None:
        return tree
    dx, dy = half_pixel(turns)
    for name in model.components():
        tree[name]["mux"] -= dx
        tree[name]["muy"] -= dy
    for arm in tree["spiral"]:
        arm["points"] = (np.array(arm["points"]) - [dx, dy]).tolist()
    return tree


def _volunteer(identifier: int, tree: dict, screen: Screen) -> dict:
    return {
        "classification_id": int(identifier),
        "user": None,
        "created_at": None,
        "workflow_version": None,
        "model": tree,
        "scale": dict.fromkeys(COMPONENTS, 1.0),
        "untouched": _untouched(tree, screen),
    }


def _untouched(tree: Mapping, screen: Screen) -> list[str]:
    drawn = [k for k in COMPONENTS if tree[k] is not None]
    found = [
        f"{name}.{key}"
        for name in drawn
        for key in SLIDERS[name]
        if key != "scale" and _stands(tree[name][key], _default(name, key))
    ]
    for i, arm in enumerate(tree["spiral"]):
        limits = {
            "I": arm_brightness(SLIDERS["arm"]["I"].default),
            "spread": arm_spread(SLIDERS["arm"]["spread"].default, screen),
        }
        same = [k for k, v in limits.items() if _stands(arm[k], v)]
        if arm["spread"] == SPREAD_FLOOR and "spread" not in same:
            same.append("spread")
        found += [f"spiral.{i}.{k}" for k in same]
    if tree["spiral"] and _stands(tree["spiral"][0]["falloff"], 1.0):
        found.append("spiral.falloff")
    return found


def _default(name: str, key: str) -> float:
    value = SLIDERS[name][key].default
    return brightness(value) if key == "I" else value


def _stands(value: float, default: float) -> bool:
    return math.isclose(value, default, rel_tol=1e-6)


def _published_arm(arm: Mapping) -> dict:
    slope, variance = arm["coef"][1], arm["sigma"][1][1]
    error = math.degrees(math.sqrt(max(variance, 0.0)) / (1 + slope**2))
    return {
        "pitch_angle": abs(arm["pa"]),
        "pitch_angle_err": error,
        "chirality": int(arm["chirality"]),
        "A": arm["A"],
        "coef": arm["coef"],
        "covariance": arm["sigma"],
        "length": arm["length"],
        "t_min": arm["t_min"],
        "t_max": arm["t_max"],
        "n_lines": arm["n_lines"],
        "n_points": arm["n_points"],
        "n_kept": arm["n_kept"],
        "line": arm["line"],
    }
