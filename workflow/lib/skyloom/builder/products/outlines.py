"""Outlines of model components as polylines, for figures and region files."""

from __future__ import annotations

import numpy as np

from skyloom.builder.fitting.spirals import log_spiral
from skyloom.builder.model import Arm, DrawnArm, Sersic


def isophote(part: Sersic, n_points: int = 121) -> np.ndarray:
    """Return the isophote at Re, ``(|u / q|^c + |v|^c)^(1/c) = Re``, (n_points, 2)."""
    t = np.linspace(0, 2 * np.pi, n_points)
    u, v = (_power(f(t), 2 / part.c) * part.Re for f in (np.cos, np.sin))
    return _placed(part, part.q * u, v)


def rectangle(part: Sersic) -> np.ndarray:
    """Return the drawn rectangle of a bar, ``2 q Re`` by ``2 Re``: (5, 2), closed."""
    u = part.q * part.Re * np.array([1, -1, -1, 1, 1])
    v = part.Re * np.array([1, 1, -1, -1, 1])
    return _placed(part, u, v)


def drawn(name: str, part: Sersic) -> np.ndarray:
    """Return what a volunteer drew: a rectangle for a bar, an ellipse otherwise."""
    return rectangle(part) if name == "bar" else isophote(part)


def arm_line(disk: Sersic, arm: Arm, n_points: int = 100) -> np.ndarray:
    """Return an arm's ridge, ``(x, y)`` [px]: its own vertices if it was drawn."""
    if isinstance(arm, DrawnArm):
        return arm.points
    return log_spiral(disk, arm, n_points)[0]


def from_disk_plane(disk: Sersic, r, theta) -> np.ndarray:
    """Return the image position (n, 2) of points (r, theta) in the disk's plane."""
    r, theta = np.asarray(r, float), np.asarray(theta, float)
    return _placed(disk, disk.q * r * np.cos(theta), r * np.sin(theta))


def _power(x: np.ndarray, exponent: float) -> np.ndarray:
    return np.sign(x) * np.abs(x) ** exponent


def _placed(part: Sersic, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    cos, sin = np.cos(part.roll), np.sin(part.roll)
    return np.stack([part.mux + cos * u - sin * v, part.muy + sin * u + cos * v], 1)
