"""Of all models that look the same, the one with upright axes."""

from __future__ import annotations

import math

from skyloom.builder.model import Model, Sersic, SpiralArm, replace


def canonical(model: Model) -> Model:
    """Return the same light with every axis ratio at most 1 and rolls in [0, pi).

    Turning the disk's axes by an angle turns the frame of its arms: theta loses the
    angle and A takes it up.
    """
    parts = {name: _upright(part) for name, part in model.components().items()}
    arms = model.spiral
    if model.disk is not None:
        turn = parts["disk"].roll - model.disk.roll
        stretch = max(model.disk.q, 1.0)
        arms = tuple(turned(arm, turn, stretch) for arm in arms)
    return replace(model, **parts, spiral=arms)


def turned(arm, turn: float, stretch: float = 1.0):
    """Return an arm in the frame of a disk turned by `turn` [rad]: the same place.

    `stretch` is a factor on radii, where the frames' major axes change places. Drawn
    arms lie on the sky already.
    """
    if not isinstance(arm, SpiralArm) or turn == 0.0:
        return arm
    A = stretch * arm.A * math.exp(turn * math.tan(math.radians(arm.phi)))
    return replace(arm, A=A, t_min=arm.t_min - turn, t_max=arm.t_max - turn)


def _upright(part: Sersic) -> Sersic:
    if part.q > 1:
        roll = part.roll + math.pi / 2
        part = replace(part, q=1 / part.q, Re=part.Re * part.q, roll=roll)
    roll = part.roll % math.pi  # pi itself, for a roll just below zero
    return replace(part, roll=roll if roll < math.pi else 0.0)
