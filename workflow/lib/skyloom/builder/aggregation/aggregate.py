"""From the drawings of many volunteers to one model of the galaxy.

Each component that enough volunteers drew alike gets the shape they agree on; lines
that agree become spiral arms. What a volunteer set on brightness and profile sliders
is not used: most sliders stand at their defaults.

Source: Lingard et al. 2020, ApJ 900, 178, section 4; Lingard et al. 2021, MNRAS 504,
3364, section 2.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from skyloom.builder.aggregation.arm_records import describe, galaxy_pitch_angle
from skyloom.builder.aggregation.arms import Plane, Stroke, cut, find_arms
from skyloom.builder.aggregation.clusters import labels, largest, support
from skyloom.builder.aggregation.consensus import Q_BOUNDS, consensus, scatter
from skyloom.builder.aggregation.crowd_arms import find
from skyloom.builder.aggregation.shapes import (
    ELLIPSE,
    FIELDS,
    KINDS,
    jaccard_matrix,
    polygon_matrix,
)
from skyloom.builder.config import AggregateSettings
from skyloom.builder.model import (
    COMPONENTS,
    DrawnArm,
    Model,
    Sersic,
    SpiralArm,
    from_dict,
    to_dict,
)

# Of the profile, which is not measured here: brightness, Sérsic index, boxyness.
PLACEHOLDERS = {k: {"I": 0.01, "n": 1.0, "c": 2.0} for k in COMPONENTS}
PLACEHOLDERS["disk"]["I"] = 0.2
NO_DISK = "no disk that volunteers agree on: no arms"


def aggregate_subject(volunteers_tree: Mapping, settings: AggregateSettings) -> dict:
    """Aggregate the drawings of one subject.

    Parameters
    ----------
    volunteers_tree : mapping
        ``subject_id``, ``shape`` [ny, nx] and ``volunteers`` with ``model`` each, in
        image pixels, in the order of time, which decides between equal clusters.
    settings : AggregateSettings
        Thresholds.

    Returns
    -------
    dict
        JSON-plain: ``model``, ``errors`` (prior widths in the units of the model,
        None for no prior), ``masks`` over all volunteers of the tree, ``support`` (of
        the volunteers that were ``considered``, who agree with the model's component)
        and ``drawn`` (who drew such a component at all, wherever), ``arms``,
        ``candidates`` (further arms that fewer drew, records as those of ``arms`` with
        their ``part`` of a model and its ``error``), ``pitch_angle`` [deg], ``status``
        and ``reason``.

    Raises
    ------
    ModelError
        If a volunteer's model is malformed.
    """
    volunteers, least = volunteers_tree["volunteers"], settings.min_volunteers
    head = {
        "subject_id": volunteers_tree["subject_id"],
        "shape": [int(n) for n in volunteers_tree["shape"]],
        "considered": len(volunteers),
    }
    if len(volunteers) < least:
        reason = f"{len(volunteers)} volunteers, expected {least} or more"
        return head | _nothing(len(volunteers), reason)
    models = [from_dict(one["model"]) for one in volunteers]
    return head | _aggregate(models, head["shape"], settings)


def distances(shapes: np.ndarray, name: str) -> np.ndarray:
    """Return Jaccard distances (n, n) of a component's shapes (n, 5), for clustering.

    As published, ellipses are polygons here; the consensus is always exact.
    """
    if KINDS[name] == ELLIPSE:
        return polygon_matrix(shapes)
    return jaccard_matrix(shapes, KINDS[name])


def _aggregate(models, shape, settings) -> dict:
    found = {name: _component(name, models, settings) for name in COMPONENTS}
    parts, errors, masks = ({k: row[i] for k, row in found.items()} for i in range(3))
    plane = _plane(parts, errors["disk"], int(masks["disk"].sum()), shape)
    arms, candidates = _arms(models, plane, shape, settings.spiral)
    records = [record for _, _, record in arms]
    drew = {volunteer for record in records for volunteer, _ in record["lines"]}
    masks["spiral"] = np.isin(np.arange(len(models)), list(drew))
    return {
        "model": to_dict(Model(**parts, spiral=tuple(part for part, _, _ in arms))),
        "errors": errors | {"spiral": [error for _, error, _ in arms]},
        "masks": {k: mask.tolist() for k, mask in masks.items()},
        "support": {k: support(int(m.sum()), len(models)) for k, m in masks.items()},
        "drawn": {k: sum(bool(getattr(m, k)) for m in models) for k in masks},
        "arms": records,
        "candidates": [_candidate(*one) for one in candidates],
        "pitch_angle": galaxy_pitch_angle(records),
        "status": "ok",
        "reason": None if parts["disk"] else NO_DISK,
    }


def _component(name, models, settings) -> tuple[Sersic | None, dict | None, np.ndarray]:
    drew = [i for i, model in enumerate(models) if getattr(model, name)]
    shapes = _shapes([getattr(models[i], name) for i in drew])
    rule = getattr(settings, name)
    member = largest(labels(distances(shapes, name), rule.eps, rule.min_samples))
    mask = np.zeros(len(models), bool)
    mask[np.array(drew, int)[member]] = True
    if not member.any():
        return None, None, mask
    best, _ = consensus(shapes[member], KINDS[name], Q_BOUNDS[name])
    part = dict(zip(FIELDS, best.tolist(), strict=True)) | PLACEHOLDERS[name]
    no_prior = dict.fromkeys(PLACEHOLDERS[name])
    return Sersic(**part), scatter(shapes[member]) | no_prior, mask


def _shapes(parts: list[Sersic]) -> np.ndarray:
    rows = [[getattr(part, key) for key in FIELDS] for part in parts]
    return np.array(rows, float).reshape(len(rows), len(FIELDS))


def _plane(parts, errors, n, shape) -> Plane | None:
    """Return the plane of the disk, its errors those of a mean of n drawings."""
    if parts["disk"] is None:
        return None
    known = {k: v / math.sqrt(n) for k, v in errors.items() if v is not None}
    hole = parts["bar"].Re if parts["bar"] else 0.0
    return Plane(parts["disk"], float(shape[1]), hole, known)


def _arms(models, plane, shape, settings) -> tuple[list, list]:
    """Return arms and candidates, each as `describe` does."""
    if plane is None:
        return [], []
    strokes = [
        Stroke(volunteer, index, arm.points)
        for volunteer, model in enumerate(models)
        for index, arm in enumerate(model.spiral)
        if isinstance(arm, DrawnArm)
    ]
    strokes, candidates = cut(strokes, tuple(shape)), []
    if settings.method == "published":
        arms = find_arms(strokes, plane, settings)
    else:
        arms, candidates = find(strokes, plane, settings)
    described = [
        [describe(arm, plane, len(models), settings) for arm in own]
        for own in (arms, candidates)
    ]
    return described[0], described[1]


def _candidate(part: SpiralArm, error: dict, record: dict) -> dict:
    return record | {"part": asdict(part), "error": error}


def _nothing(n_all: int, reason: str) -> dict:
    names = (*COMPONENTS, "spiral")
    return {
        "model": to_dict(Model()),
        "errors": dict.fromkeys(COMPONENTS) | {"spiral": []},
        "masks": {name: [False] * n_all for name in names},
        "support": dict.fromkeys(names),
        "drawn": dict.fromkeys(names),
        "arms": [],
        "candidates": [],
        "pitch_angle": None,
        "status": "failed",
        "reason": reason,
    }
