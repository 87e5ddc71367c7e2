"""The arms of a galaxy's model, longest first, as columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from skyloom.builder.model import Arm, Model, Sersic
from skyloom.builder.products.catalogue_rows import with_errors
from skyloom.builder.products.estimates import Estimates
from skyloom.builder.products.outlines import arm_line
from skyloom.builder.products.subject import number

ESTIMATES = ("", "_crowd", "_fit")


def arms(records: Sequence[Mapping], model: Model, found: Estimates, scale: float):
    """Return the columns of all arms of a model, and of their mean.

    `records` are those of ``models/<id>.json``, one for each arm of the model.
    """
    row = {"n_arms": len(model.spiral)}
    if model.disk is None or not records:
        return row
    drawn = [span(model.disk, arm) for arm in model.spiral]
    order = sorted(range(len(drawn)), key=lambda i: -drawn[i]["length"])
    for rank, i in enumerate(order, start=1):
        columns = (
            _estimated(records[i]) | _lit(i, found, scale) | _on_sky(drawn[i], scale)
        )
        row |= {f"arm{rank}_{name}": value for name, value in columns.items()}
    known = [dict(records[i]) | {"length": drawn[i]["length"]} for i in order
             if records[i].get("pitch_angle") is not None]  # fmt: skip
    return row | (mean_pitch(known) if known else {})


def span(disk: Sersic, arm: Arm) -> dict[str, float]:
    """Return where an arm lies.

    ``length`` on the image [px], and ``start`` and ``end`` in the disk's plane, of
    radius [px] and of polar angle from the disk's minor axis, counter-clockwise on the
    image [deg]; the start is the inner end, its angle 0 to 360.
    """
    line = arm_line(disk, arm)
    length = np.hypot(*np.diff(line, axis=0).T).sum()
    x, y = (line - np.array([disk.mux, disk.muy])).T
    cos, sin = math.cos(disk.roll), math.sin(disk.roll)
    across, along = (cos * x + sin * y) / disk.q, cos * y - sin * x
    radius, angle = np.hypot(across, along), np.unwrap(np.arctan2(along, across))
    inner, outer = (0, -1) if radius[0] <= radius[-1] else (-1, 0)
    first = math.degrees(angle[inner])
    turn = math.degrees(angle[outer] - angle[inner])
    return {
        "length": float(length),
        "start_radius": float(radius[inner]),
        "end_radius": float(radius[outer]),
        "start_angle": first % 360,
        "end_angle": first % 360 + turn,
    }


def _estimated(record: Mapping) -> dict:
    names = [f"pitch_angle{kind}{err}" for kind in ESTIMATES for err in ("", "_err")]
    columns = {name: number(record.get(name)) for name in names}
    columns["probability"] = number(record.get("probability"))
    return columns | {"flags": " ".join(record.get("flags") or ())}


def _lit(i: int, found: Estimates, scale: float) -> dict:
    width = found.of(lambda w: w * scale, f"spiral.{i}.spread")
    return with_errors(
        {"width_arcsec": width, "brightness": found.value(f"spiral.{i}.I")}
    )


def _on_sky(place: Mapping[str, float], scale: float) -> dict:
    lengths = ("length", "start_radius", "end_radius")
    row = {f"{name}_arcsec": place[name] * scale for name in lengths}
    return row | {name: place[name] for name in ("start_angle", "end_angle")}


def mean_pitch(arms: list) -> dict:
    """Return the length-weighted mean pitch angle of a galaxy's arms [deg].

    With its ``_err`` and ``_scatter``, and ``chirality``: 0 when the arms disagree.

    Source: Davis & Hayes 2014, ApJ 790, 87, section 2.2 (weights by length).
    """
    keys = ("pitch_angle", "pitch_angle_err", "length", "chirality")
    pitch, error, length, turns = np.array(
        [[a[k] for k in keys] for a in arms], float
    ).T
    weight = length / length.sum()
    return {
        "pitch_angle": float(weight @ pitch),
        "pitch_angle_err": float(np.sqrt(np.sum((weight * error) ** 2))),
        "pitch_angle_scatter": float(pitch.std(ddof=1)) if len(arms) > 1 else math.nan,
        "chirality": int(turns[0]) if np.ptp(turns) == 0 else 0,
    }
