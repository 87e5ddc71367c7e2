"""Simulated crowds of small galaxies: who drew what, aggregated and fitted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from drawn_arms import line
from skyloom.builder.aggregation.aggregate import aggregate_subject
from skyloom.builder.config import AggregateSettings, TuneSettings
from skyloom.builder.fitting.arm_candidates import twin
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.galaxy import galaxy_model
from skyloom.builder.fitting.tune import tune
from skyloom.builder.model import (
    DrawnArm,
    Model,
    Sersic,
    SpiralArm,
    from_dict,
    replace,
    to_dict,
)
from synthetic import observed

AGGREGATE = AggregateSettings.model_validate({"spiral": {"method": "crowd"}})
SHAPE = (66, 70)
N = 30
DISK = Sersic(34.4, 32.7, 0.6, 0.75, 11.0, 0.1)
ARM = SpiralArm(0.9, 2.0, 5.0, 18.0, 0.25, 2.15)  # as `drawn_arms.line` on average
BAR = Sersic(34.4, 32.7, 2.0, 0.3, 5.0, 1.0, n=0.6)


def share(part: Sersic, of_all: float, disk: Sersic = DISK) -> Sersic:
    """Return a component with a part of the light of itself and the disk."""
    light = total_flux(disk) * of_all / (1 - of_all)
    return replace(part, I=light / total_flux(part))


def crowd(
    truth: Model, votes: Mapping[str, int], arms: Sequence[int] = (), seed: int = 0
) -> dict:
    """Return the aggregate of `N` volunteers.

    `votes` and `arms` are how many of them drew each component, and each arm.
    """
    rng = np.random.default_rng(seed)
    people = [
        {"classification_id": k, "model": to_dict(_drawn(rng, truth, votes, arms, k))}
        for k in range(N)
    ]
    tree = {"subject_id": 7, "shape": [*SHAPE], "volunteers": people}
    return aggregate_subject(tree, AGGREGATE)


def _drawn(rng, truth: Model, votes, arms, k: int) -> Model:
    """Return what volunteer k drew; who draws a component differs between them."""
    parts = {}
    for step, (name, part) in enumerate(truth.components().items()):
        if (7 * step + k) % N < votes[name]:
            parts[name] = _shaken(rng, part)
    strokes = []
    for step, n in enumerate(arms):
        if (11 * step + k) % N < n:
            arm = truth.spiral[step]
            tan = math.tan(math.radians(arm.phi))
            angle = arm.t_min - ARM.t_min
            points = line(rng, tan, math.log(arm.A) + tan * angle, truth.disk)
            strokes.append(DrawnArm(_turned(points, truth.disk, angle), 0.5, 2.0))
    return Model(**parts, spiral=tuple(strokes))


def _turned(points, disk: Sersic, angle: float) -> np.ndarray:
    """Return points turned in the disk's plane."""
    cos, sin = math.cos(disk.roll), math.sin(disk.roll)
    flat = np.array([[cos / disk.q, sin / disk.q], [-sin, cos]])
    turn = np.array([[math.cos(angle), -math.sin(angle)],
                     [math.sin(angle), math.cos(angle)]])  # fmt: skip
    centre = np.array([disk.mux, disk.muy])
    return centre + (points - centre) @ (np.linalg.inv(flat) @ turn @ flat).T


def _shaken(rng, part: Sersic) -> Sersic:
    size = 0.03 * part.Re
    return replace(
        part,
        mux=part.mux + size * rng.normal(),
        muy=part.muy + size * rng.normal(),
        roll=(part.roll + 0.08 * rng.normal()) % math.pi,
        q=min(part.q * math.exp(0.07 * rng.normal()), 0.99),
        Re=part.Re * math.exp(0.07 * rng.normal()),
    )


def pixels(truth: Model, seed: int = 0, noise: float = 0.005):
    """Return noisy pixels of a galaxy."""
    return observed(truth, seed, noise, SHAPE)


def modelled(aggregate: Mapping, image) -> dict:
    """Return the model of a galaxy, begun from the crowd's fit alone."""
    start = from_dict(aggregate["model"])
    fit = tune(start, aggregate["errors"], image, TuneSettings())
    return galaxy_model(aggregate, {"agg": fit}, image, TuneSettings())


def value(tree: Mapping, name: str) -> tuple[float, float]:
    """Return a quantity of a galaxy's model and its error."""
    i = tree["mean"]["names"].index(name)
    return tree["mean"]["values"][i], tree["mean"]["errors"][i]


def barred() -> Model:
    """Return a disk with a bar of 15 per cent of the light."""
    return Model(disk=DISK, bar=share(BAR, 0.15))


def two_armed() -> Model:
    """Return a disk with two arms half a turn apart."""
    return Model(disk=DISK, spiral=(ARM, twin(ARM)))
