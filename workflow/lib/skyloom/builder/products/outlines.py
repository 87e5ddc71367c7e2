"""Outlines of model components as polylines, for figures and region files."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skyloom.builder.fitting.spirals import log_spiral
from skyloom.builder.model import Arm, DrawnArm, Model, Sersic


def isophote(part: Sersic) -> np.ndarray:
    """Return the isophote at Re, ``(|u / q|^c + |v|^c)^(1/c) = Re``, (n, 2)."""
    t = np.linspace(0, 2 * np.pi, 121)
    u, v = (_power(f(t), 2 / part.c) * part.Re for f in (np.cos, np.sin))
    return _placed(part, part.q * u, v)


def drawn(name: str, part: Sersic) -> np.ndarray:
    """Return what a volunteer drew: for a bar a rectangle (5, 2), else an ellipse."""
    if name != "bar":
        return isophote(part)
    u = part.q * part.Re * np.array([1, -1, -1, 1, 1])
    return _placed(part, u, part.Re * np.array([1, 1, -1, -1, 1]))


def arm_line(disk: Sersic, arm: Arm, n_points: int = 100) -> np.ndarray:
    """Return an arm's ridge, ``(x, y)`` [px]: its own vertices if it was drawn."""
    if isinstance(arm, DrawnArm):
        return arm.points
    return log_spiral(disk, arm, n_points)[0]


def of_model(model: Model) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and outline of each component, and of each arm on a disk."""
    for name, part in model.components().items():
        yield name, isophote(part)
    for arm in model.spiral if model.disk else ():
        yield "spiral", arm_line(model.disk, arm)


def _power(x: np.ndarray, exponent: float) -> np.ndarray:
    return np.sign(x) * np.abs(x) ** exponent


def _placed(part: Sersic, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    cos, sin = np.cos(part.roll), np.sin(part.roll)
    return np.stack([part.mux + cos * u - sin * v, part.muy + sin * u + cos * v], 1)
