"""Importer of the published Galaxy Builder models (decoded upstream results).

One file a subject: the 30 volunteer models, the published clusters, aggregate, arms
and tuned fit, of which the pipeline reads the volunteers. Found out by measurement:

* **Volunteers' Re do not contain the scale slider**: clustering them as they stand
  gives the published membership (25 of 25 disks; 1 of 25 when sliders of the usual
  spread are multiplied in). The slider itself is lost, so ``scale`` is 1.
* **A disk's Re is already doubled** (trap 9 of `coordinates`): half of it, in drawn
  units, is a whole number of pixels more often than chance; the whole of it is not.
* Positions are in the frame's orientation, and **half a pixel off** (trap 3), turned
  with the image: by ``Rot(turns)(+0.5, +0.5)``. Published fits and frames are not.
  `volunteers_tree` takes the half pixel off when it is told the turns.
* An arm's spread was cut at 0.5 px, which the untouched slider falls below.

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
from skyloom.builder.model import (
    COMPONENTS,
    Model,
    ModelError,
    from_dict,
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
MOST_ARMS = 1000  # that a volunteer may have drawn


def read_upstream(path: str | Path) -> dict:
    """Read one decoded file and check its structure.

    Raises
    ------
    InputError
        Not readable as JSON, a key is missing or of another type, the frame's shape
        is none, models and identifiers do not pair up, or an identifier is not an
        integer or stands twice.
    """
    tree = read_json(path, nonfinite=True)
    for key, kind in KEYS.items():
        if not isinstance(tree.get(key), kind):
            got = type(tree.get(key)).__name__
            raise InputError(
                path, f"got {got}", where=f"key {key!r}", expected=kind.__name__
            )
    _check_index(path, tree["index"], tree["models"])
    _check_shape(path, tree)
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
    ny, nx = _stated_shape(tree)
    return int(ny), int(nx)


def half_pixel(turns: int) -> np.ndarray:
    """Return what the half pixel became when the image was turned, (x, y) [px]."""
    x, y = 0.5, 0.5
    for _ in range(turns % 4):
        x, y = y, -x
    return np.array([x, y])


def _check_index(path, index: list, models: list) -> None:
    if len(index) != len(models):
        problem = f"{len(models)} models for {len(index)} classification ids"
        raise InputError(path, problem, where="key 'models'", expected="one each")
    if len(set(map(str, index))) < len(index):
        problem = "a classification id appears twice"
        raise InputError(path, problem, where="key 'index'", expected="unique ids")

    for identifier in index:
        if not _whole(identifier):
            problem = f"got {identifier!r}"
            raise InputError(path, problem, where="key 'index'", expected="integers")


def _check_shape(path, tree: Mapping) -> None:
    shape = _stated_shape(tree)
    pair = isinstance(shape, list) and len(shape) == 2
    if not pair or not all(_whole(n) and int(n) > 0 for n in shape):
        where = "key 'image_size' or 'tuning.shape'"
        problem = f"got {str(shape)[:40]!r}"
        raise InputError(path, problem, where=where, expected="[ny, nx], above 0")


def _stated_shape(tree: Mapping):
    shape = tree["tuning"].get("shape")
    return tree["image_size"] if shape is None else shape


def _whole(value) -> bool:
    """Return whether `value` is an integer, as a number or as text."""
    try:
        return not isinstance(value, bool) and int(value) == float(value)
    except (TypeError, ValueError, OverflowError):
        return False


def _volunteer_model(raw: Mapping) -> tuple[Model, list[str]]:
    """Split the flat arm keys; lines of one point are dropped with a reason."""
    if not isinstance(raw, Mapping):
        msg = f"model: expected an object, got {type(raw).__name__}"
        raise ModelError(msg)
    arms, dropped = [], []
    flat = raw.get("spiral") or {}
    count = flat.get("n_arms", 0) if isinstance(flat, Mapping) else None
    if not isinstance(count, int) or not 0 <= count <= MOST_ARMS:
        msg = f"spiral: expected an object with its n_arms, got {str(flat)[:40]!r}"
        raise ModelError(msg)
    for i in range(count):
        fields = ("points", "I", "spread", "falloff")
        arm = {k: flat.get(f"{k}.{i}") for k in fields}
        points = arm["points"]
        length = len(points) if isinstance(points, list) else 0
        if length < 2:
            reason = f"a line of {length} point(s), expected 2 or more"
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
