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

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from skyloom.builder.drawings.volunteers import dropped_rows
from skyloom.builder.model import (
    COMPONENTS,
    Model,
    ModelError,
    from_dict,
    to_dict,
)
from skyloom.io.cells import CellError
from skyloom.io.documents import read_json
from skyloom.io.errors import InputError
from skyloom.io.identifiers import integers

KEYS = {"subject": int, "index": list, "models": list, "tuning": dict}
UNKNOWN = dict.fromkeys(("user", "created_at", "workflow_version"))
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
        got = type(tree.get(key)).__name__
        _need(got == kind.__name__, path, f"key {key!r}", f"got {got}", kind.__name__)
    index, n_models, where = tree["index"], len(tree["models"]), "key 'index'"
    problem = f"{n_models} models for {len(index)} classification ids"
    _need(len(index) == n_models, path, "key 'models'", problem, "one each")
    try:
        tree["index"] = integers(np.array(index, object)).tolist()
    except CellError as bad:
        raise bad.at(path, f"{where}, element {bad.row + 1}") from None
    known = set(tree["index"])
    problem = "a classification id appears twice"
    _need(len(known) == n_models, path, where, problem, "unique ids")
    shape = _stated_shape(tree)
    pair = isinstance(shape, list) and len(shape) == 2
    good = pair and all(_whole(n) and int(n) > 0 for n in shape)
    where, problem = "key 'image_size' or 'tuning.shape'", f"got {str(shape)[:40]!r}"
    _need(good, path, where, problem, "[ny, nx], above 0")
    return tree


def _need(good: bool, path, where: str, problem: str, expected: str) -> None:
    if not good:
        raise InputError(path, problem, where=where, expected=expected)


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
    volunteers, rejected = [], []
    pairs = zip(tree["index"], tree["models"], strict=True)
    # Identifiers rise with time.
    for identifier, raw in sorted(pairs, key=lambda pair: pair[0]):
        try:
            model, dropped = _volunteer_model(raw)
        except ModelError as why:
            rejected.append({"classification_id": identifier, "reason": str(why)})
            continue
        row = {"classification_id": identifier, **UNKNOWN}
        row["scale"] = dict.fromkeys(COMPONENTS, 1.0)
        volunteers.append(row | {"model": _shifted(model, turns)})
        rejected.extend(dropped_rows(identifier, dropped))
    head = {"subject_id": int(tree["subject"]), "shape": list(frame_shape(tree))}
    return head | {"volunteers": volunteers, "rejected": rejected}


def frame_shape(tree: Mapping) -> tuple[int, int]:
    """Return ``(ny, nx)`` of the frame that the models refer to."""
    ny, nx = _stated_shape(tree)
    return int(ny), int(nx)


def half_pixel(turns: int) -> np.ndarray:
    """Return what the half pixel became when the image was turned, (x, y) [px]."""
    moved = (0.5 + 0.5j) * (-1j) ** (turns % 4)
    return np.array([moved.real, moved.imag])


def _stated_shape(tree: Mapping):
    shape = tree["tuning"].get("shape")
    return tree.get("image_size") if shape is None else shape


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
        keys = ("points", "I", "spread", "falloff")
        arm = {key: flat.get(f"{key}.{i}") for key in keys}
        length = len(arm["points"]) if isinstance(arm["points"], list) else 0
        if length < 2:
            reason = f"a line of {length} point(s), expected 2 or more"
            dropped.append(f"spiral[{i}]: {reason}")
        else:
            arms.append(arm)
    parts = {name: raw.get(name) for name in COMPONENTS}
    return from_dict({**parts, "spiral": arms}), dropped


def _shifted(model: Model, turns: int | None) -> dict:
    tree = to_dict(model)
    dx, dy = (0.0, 0.0) if turns is None else half_pixel(turns)
    for name in model.components():
        tree[name]["mux"] -= dx
        tree[name]["muy"] -= dy
    for arm in tree["spiral"]:
        arm["points"] = (np.array(arm["points"]) - [dx, dy]).tolist()
    return tree
