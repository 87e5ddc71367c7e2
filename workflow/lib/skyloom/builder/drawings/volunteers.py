"""Volunteers' annotations to models, and the volunteers tree of a subject.

A volunteer whose annotation cannot be read is rejected with a reason; a single shape
that cannot be used (no area, one point, a slider out of its range) is left out, with
a reason, and the volunteer's other shapes stay.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from skyloom.builder.drawings import coordinates
from skyloom.builder.drawings.coordinates import Screen, ShapeError, need
from skyloom.builder.model import COMPONENTS, DrawnArm, Model, to_dict
from skyloom.io.zooniverse import Classification, Rejection

TASKS = (*COMPONENTS, "spiral")
BEYOND = "beyond the first {} classifications of this subject"


@dataclasses.dataclass(frozen=True, slots=True)
class Drawing:
    """What one volunteer drew: a model in image pixels, arms as drawn lines."""

    model: Model  # Re without the scale slider
    scale: dict  # the scale slider of disk, bulge and bar; 1 where nothing was drawn
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
    parts, scale, dropped = {}, {}, []
    for name in COMPONENTS:
        value = tasks.get(name)
        parts[name], scale[name] = _component(name, value, screen, dropped)
    arms = _spiral(tasks.get("spiral"), screen, dropped)
    return Drawing(Model(**parts, spiral=tuple(arms)), scale, tuple(dropped))


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
        Of any subjects; those of `subject_id` are taken in order of date.
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
    mine.sort(key=lambda c: (c.created_at, c.classification_id))
    rejected = [
        {"classification_id": r.classification_id, "reason": r.reason}
        for r in rejections
        if r.subject_id == subject_id
    ]
    volunteers = []
    for one in mine:
        try:
            if limit is not None and len(volunteers) >= limit:
                raise ShapeError(BEYOND.format(limit))
            drawing = parse(one.annotations, screen)
        except ShapeError as why:
            reason = {"reason": str(why)}
            rejected.append({"classification_id": one.classification_id, **reason})
            continue
        model = coordinates.turned(drawing.model, screen.shape, turns)
        keys = ("classification_id", "user", "created_at")
        row = {key: getattr(one, key) for key in keys}
        row["workflow_version"] = one.workflow_version or None
        volunteers.append(row | {"model": to_dict(model), "scale": drawing.scale})
        rejected.extend(dropped_rows(one.classification_id, drawing.dropped))
    shape = list(screen.shape[::-1] if turns % 2 else screen.shape)
    head = {"subject_id": int(subject_id), "shape": shape}
    return head | {"volunteers": volunteers, "rejected": rejected}


def dropped_rows(classification_id: int, dropped: Iterable[str]) -> list[dict]:
    """Return the rejection rows of shapes left out, from ``"component: reason"``."""
    pairs = [text.split(": ", 1) for text in dropped]
    return [
        {"classification_id": classification_id, "component": name, "reason": reason}
        for name, reason in pairs
    ]


def _tasks(annotations) -> dict:
    if not isinstance(annotations, list):
        msg = f"annotations: expected a list, got a {type(annotations).__name__}"
        raise ShapeError(msg)
    for entry in annotations:
        need(isinstance(entry, Mapping), "annotations", "objects", entry)
    found = {str(e.get("task")): e.get("value") for e in annotations}
    if not set(found) & set(TASKS):
        msg = f"no task of {', '.join(TASKS)} among {sorted(found)[:8]}: not a drawing"
        raise ShapeError(msg)
    return found


def _split(name: str, value) -> tuple[list, list]:
    """Return the shapes of a task's answers, and the values of its sliders."""
    answers = value or [{}]
    listed = isinstance(answers, list) and all(isinstance(a, Mapping) for a in answers)
    need(listed, name, "a list of answers", value)
    shapes, *raw = [answer.get("value") for answer in answers]
    need(isinstance(shapes or [], list), name, "a list of shapes", shapes)
    return shapes or [], raw


def _component(name: str, value, screen: Screen, dropped: list) -> tuple:
    """Return the first shape, or None, and its scale slider."""
    shapes, raw = _split(name, value)
    if not shapes:
        return None, 1.0
    if len(shapes) > 1:
        dropped.append(f"{name}: {len(shapes)} shapes drawn, the first counts")
    outline = coordinates.rectangle if name == "bar" else coordinates.ellipse
    try:
        part = outline(shapes[0], screen)
        values = _sliders(name, raw)
    except ShapeError as why:
        dropped.append(f"{name}: {why}")
        return None, 1.0
    scale = values.pop("scale")
    values["I"] = coordinates.brightness(values["I"])
    part = dataclasses.replace(part, **values)
    return (coordinates.disk_size(part) if name == "disk" else part), scale


def _sliders(name: str, raw: list) -> dict[str, float]:
    """Read a part's sliders; those that stand nowhere are at their default."""
    kinds = coordinates.SLIDERS[name]
    cells = zip(kinds, [*raw, *[None] * len(kinds)], strict=False)
    return {key: coordinates.slider(kinds[key], cell) for key, cell in cells}


def _spiral(value, screen: Screen, dropped: list) -> list[DrawnArm]:
    lines, raw = _split("spiral", value)
    if not lines:
        return []
    try:
        falloff = _sliders("spiral", raw)["falloff"]
    except ShapeError as why:
        dropped.append(f"spiral: {why}")
        return []
    arms: list[DrawnArm] = []
    for i, line in enumerate(lines):
        try:
            arms.append(_arm(line, screen, falloff))
        except ShapeError as why:
            dropped.append(f"spiral[{i}]: {why}")
    return arms


def _arm(line, screen: Screen, falloff: float) -> DrawnArm:
    need(isinstance(line, Mapping), "line", "a drawn line", line)
    points = coordinates.polyline(line.get("points"), screen)
    details = [] if line.get("details") is None else line["details"]
    need(isinstance(details, list), "details", "a list", details)
    raw = [d.get("value") if isinstance(d, Mapping) else d for d in details]
    values = _sliders("arm", raw)
    light = coordinates.arm_brightness(values["I"])
    spread = coordinates.arm_spread(values["spread"], screen)
    return DrawnArm(points, I=light, spread=spread, falloff=falloff)
