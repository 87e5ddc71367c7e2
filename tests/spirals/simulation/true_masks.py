"""Where the arms and the bar of a simulated galaxy lie on an image."""

from __future__ import annotations

import numpy as np
from skyloom.spirals.geometry import Stamp
from skyloom.spirals.simulation.galaxy import (
    ARM_WIDTHS,
    Galaxy,
    across,
    superellipse,
    width,
)


def masks(galaxy: Galaxy, stamp: Stamp) -> tuple[np.ndarray, np.ndarray]:
    """Return which pixels of an image about the galaxy are arm, and which are bar.

    An arm is what lies within `ARM_WIDTHS` of its width about the ridge.
    """
    at = (np.arange(stamp.size) - (stamp.size - 1) / 2) * stamp.scale
    u, v = galaxy.plane(at[None, :], at[:, None])
    r, theta = np.hypot(u, v), np.arctan2(v, u)
    spiral = np.zeros(r.shape, bool)
    for arm in galaxy.arms:
        near = np.abs(across(galaxy, arm, r, theta)) < ARM_WIDTHS * width(arm, r)
        spiral |= near & (r > arm.start) & (r < arm.end)
    bar = galaxy.bar
    inside = superellipse(bar, u, v) < 1 if bar else np.zeros(r.shape, bool)
    return spiral, inside
