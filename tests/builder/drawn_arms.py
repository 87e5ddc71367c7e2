"""Simulated arms: lines that volunteers draw along a known logarithmic spiral.

Every line errs as a whole, in pitch, in radius and in a slow wave, and only a little
from point to point; that is how real lines differ, and what makes points of one line
no independent witnesses.
"""

from __future__ import annotations

import numpy as np
from skyloom.builder.aggregation.arms import Plane, Stroke
from skyloom.builder.aggregation.logspiral import project
from skyloom.builder.model import Sersic

WIDTH = 200.0
DISK = Sersic(mux=101.3, muy=98.2, roll=0.7, q=0.6, Re=40.0, I=1.0)


def plane(disk: Sersic = DISK, **errors) -> Plane:
    """Return the plane of a disk in a 200 px image."""
    return Plane(disk, WIDTH, 0.0, errors)


def line(rng, b: float, ln_a: float, disk: Sersic = DISK, **wobble) -> np.ndarray:
    """Draw one line (n, 2) [px] along ``ln r = ln_a + b theta``, 0 < theta < 2.5."""
    size = {"pitch": 0.05, "radius": 0.04, "wave": 0.02, "point": 0.005} | wobble
    start, end = rng.uniform(0, 0.5), rng.uniform(1.8, 2.5)
    theta = np.linspace(start, end, rng.integers(30, 90))
    middle = theta - 1.25
    ln_r = ln_a + b * theta + size["pitch"] * rng.normal() * middle
    ln_r += size["radius"] * rng.normal() + size["point"] * rng.normal(size=len(theta))
    ln_r += size["wave"] * rng.normal() * np.sin(2 * middle + rng.uniform(0, 6))
    points = project(np.exp(ln_r), theta, disk)
    return points if rng.random() < 0.5 else points[::-1]


def arm(rng, n: int, b: float, ln_a: float, disk: Sersic = DISK, **wobble) -> list:
    """Return the strokes of n volunteers along one spiral."""
    lines = [line(rng, b, ln_a, disk, **wobble) for _ in range(n)]
    return [Stroke(k, 0, points) for k, points in enumerate(lines)]
