"""Volunteers' annotations to models, and the volunteers tree of a subject.

A volunteer whose annotation cannot be read is rejected with a reason; a single shape
that cannot be used (no area, one point, a slider out of its range) is left out, with
a reason, and the volunteer's other shapes stay.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from skyloom.builder.drawings.coordinates import (
    SLIDERS,
    Screen,
    ShapeError,
    arm_brightness,
    arm_spread,
    brightness,
    disk_size,
    ellipse,
    polyline,
    rectangle,
    slider,
    turned,
)
from skyloom.builder.model import COMPONENTS, DrawnArm, Model, Sersic, to_dict
from skyloom.io.zooniverse import Classification, Rejection

TASKS = (*COMPONENTS, "spiral")
OUTLINES = {"disk": ellipse, "bulge": ellipse, "bar": rectangle}


@dataclasses.dataclass(frozen=True, slots=True)
class Drawing:
    """What one volunteer drew: a model in image pixels, arms as drawn lines."""

    model: Model  # Re without the scale slider
    scale: dict  # the scale slider of disk, bulge and bar; 1 where nothing was drawn
    untouched: tuple[str, ...]  # sliders at their default: "disk.I", "spiral.0.spread"
    dropped: tuple[str, ...]  # shapes left out, each with its reason


def parse(annotations: list, screen: Screen) -> Drawing:
    """Convert one classification's annotations to a model.

    Parameters
    ----------
    annotations : list of dict
        The decoded ``annotations`` cell: an entry each for the tasks ``disk``,
        ``bulge``, ``bar`` and ``spiral``, of which any may be absent or empty. Of a
        task answered twice the last answer counts.

    Raises
    ------
    ShapeError
        When the annotations do not have that structure at all.
    """
    tasks = _tasks(annotations)
    notes: dict = {"untouched": [], "dropped": [], "scale": {}}
    parts = {k: _component(k, tasks.get(k), screen, notes) for k in COMPONENTS}
    arms = _spiral(tasks.get("spiral"), screen, notes)
    return Drawing(
        Model(**parts, spiral=tuple(arms)),
        notes["scale"],
        tuple(notes["untouched"]),
        tuple(notes["dropped"]),
    )


def subject_tree(
    subject_id: int,
    screen: Screen,
    classifications: Iterable[Classification],
    rejections: Iterable[Rejection] = (),
    *,
    turns: int = 0,
    limit: int | None = None,
) -> dict:
    """Build the JSON tree of a subject's volunteers.

    Parameters
    ----------
    classifications : iterable of Classification
        Of any subjects, in order of date; others than `subject_id` are ignored.
    rejections : iterable of Rejection
        Rows the reader could not use; those of this subject are kept in the tree.
    turns : int
        Quarter turns from the shown image to the cutout (`coordinates.turned`).
    limit : int or None
        Use the first so many usable classifications; later ones are rejected.

    Returns
    -------
    dict
        ``subject_id``, ``shape`` [ny, nx] of the cutout, ``volunteers`` and
        ``rejected``. A rejected volunteer has ``classification_id`` and ``reason``;
        a shape left out also ``component``, and its volunteer stays.
    """
    mine = [c for c in classifications if c.subject_id == subject_id]
    rejected = [
        {"classification_id": r.classification_id, "reason": r.reason}
        for r in rejections
        if r.subject_id == subject_id
    ]
    volunteers = []
    for one in mine:
        try:
            _refuse_more_than(limit, volunteers)
            drawing = parse(one.annotations, screen)
        except ShapeError as why:
            reason = {"reason": str(why)}
            rejected.append({"classification_id": one.classification_id, **reason})
            continue
        volunteers.append(_volunteer(one, drawing, screen, turns))
        rejected.extend(dropped_rows(one.classification_id, drawing.dropped))
    shape = list(screen.shape[::-1] if turns % 2 else screen.shape)
    return {
        "subject_id": int(subject_id),
        "shape": shape,
        "volunteers": volunteers,
        "rejected": rejected,
    }


def dropped_rows(classification_id: int, dropped: Iterable[str]) -> list[dict]:
    """Return the rejection rows of shapes left out, from ``"component: reason"``."""
    pairs = [text.split(": ", 1) for text in dropped]
    return [
        {"classification_id": classification_id, "component": name, "reason": reason}
        for name, reason in pairs
    ]


def _refuse_more_than(limit: int | None, volunteers: list) -> None:
    if limit is not None and len(volunteers) >= limit:
        msg = f"beyond the first {limit} classifications of this subject"
        raise ShapeError(msg)


def _volunteer(one: Classification, drawing: Drawing, screen: Screen, turns) -> dict:
    return {
        "classification_id": one.classification_id,
        "user": one.user,
        "created_at": one.created_at,
        "workflow_version": one.workflow_version or None,
        "model": to_dict(turned(drawing.model, screen.shape, turns)),
        "scale": drawing.scale,
        "untouched": list(drawing.untouched),
    }


def _tasks(annotations) -> dict:
    if not isinstance(annotations, list):
        msg = f"annotations: expected a list, got a {type(annotations).__name__}"
        raise ShapeError(msg)
    for entry in annotations:
        if not isinstance(entry, Mapping):
            msg = f"annotations: expected objects, got {str(entry)[:40]!r}"
            raise ShapeError(msg)
    found = {str(e.get("task")): e.get("value") for e in annotations}
    if not set(found) & set(TASKS):
        msg = f"no task of {', '.join(TASKS)} among {sorted(found)[:8]}: not a drawing"
        raise ShapeError(msg)
    return found


def _split(name: str, value) -> tuple[list, list]:
    if value is None or value == []:
        return [], []
    if not isinstance(value, list) or not all(isinstance(v, Mapping) for v in value):
        msg = f"{name}: expected a list of answers, got {str(value)[:40]!r}"
        raise ShapeError(msg)
    shapes = value[0].get("value") or []
    if not isinstance(shapes, list):
        msg = f"{name}: expected a list of shapes, got {str(shapes)[:40]!r}"
        raise ShapeError(msg)
    return shapes, [v.get("value") for v in value[1:]]


def _component(name: str, value, screen: Screen, notes: dict) -> Sersic | None:
    shapes, raw = _split(name, value)
    notes["scale"][name] = 1.0
    if not shapes:
        return None
    if len(shapes) > 1:
        extra = f"{name}: {len(shapes)} shapes drawn, the first counts"
        notes["dropped"].append(extra)
    try:
        part = OUTLINES[name](shapes[0], screen)
        values, untouched = _sliders(SLIDERS[name], raw)
    except ShapeError as why:
        notes["dropped"].append(f"{name}: {why}")
        return None
    notes["scale"][name] = values.pop("scale")
    notes["untouched"] += [f"{name}.{k}" for k in untouched]
    values["I"] = brightness(values["I"])
    part = dataclasses.replace(part, **values)
    return disk_size(part) if name == "disk" else part


def _sliders(kinds: Mapping, raw: list) -> tuple[dict, list[str]]:
    padded = [*raw, *[None] * len(kinds)]
    read = {
        name: slider(kind, cell)
        for (name, kind), cell in zip(kinds.items(), padded, strict=False)
    }
    values = {name: value for name, (value, _) in read.items()}
    return values, [name for name, (_, untouched) in read.items() if untouched]


def _spiral(value, screen: Screen, notes: dict) -> list[DrawnArm]:
    lines, raw = _split("spiral", value)
    if not lines:
        return []
    try:
        shared, untouched = _sliders(SLIDERS["spiral"], raw)
    except ShapeError as why:
        notes["dropped"].append(f"spiral: {why}")
        return []
    notes["untouched"] += [f"spiral.{k}" for k in untouched]
    arms: list[DrawnArm] = []
    for i, line in enumerate(lines):
        try:
            arm, untouched = _arm(line, screen, shared["falloff"])
        except ShapeError as why:
            notes["dropped"].append(f"spiral[{i}]: {why}")
            continue
        notes["untouched"] += [f"spiral.{len(arms)}.{k}" for k in untouched]
        arms.append(arm)
    return arms


def _arm(line, screen: Screen, falloff: float) -> tuple[DrawnArm, list[str]]:
    if not isinstance(line, Mapping):
        msg = f"expected a drawn line, got {str(line)[:40]!r}"
        raise ShapeError(msg)
    points = polyline(line.get("points"), screen)
    values, untouched = _sliders(SLIDERS["arm"], _details(line.get("details")))
    arm = DrawnArm(
        points,
        I=arm_brightness(values["I"]),
        spread=arm_spread(values["spread"], screen),
        falloff=falloff,
    )
    return arm, untouched


def _details(details) -> list:
    if details is None:
        return []
    if not isinstance(details, list):
        msg = f"details: expected a list, got {str(details)[:40]!r}"
        raise ShapeError(msg)
    return [d.get("value") if isinstance(d, Mapping) else d for d in details]
