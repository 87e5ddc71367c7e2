"""Outputs that a QuasarNET would give, with its habits, from known redshifts.

Offsets are drawn towards the middle of their box, a line at an edge is half in either
box, lines are displaced, members scatter.
"""

import numpy as np
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.lines import box_position

ARCH = Architecture()
BIAS = np.array([-2e-3, -3e-3, 1e-3, 5e-4, 0.0, 0.0])  # of ln(1 + z), by line
PULL = 0.15  # offsets: this part of the way to the middle
EDGE = 0.06  # boxes over which a line passes from one box to the next
CONFIDENT = 0.98


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def outputs_of(z, members=5, shift=0, seed=0, noise=0.02, arch=ARCH):
    """Return outputs (members, n, heads, 2 * boxes) of quasars at z.

    Parameters
    ----------
    z : ndarray, shape (n,)
        The truth.
    members, seed : int
        How many, and of their scatter; noise of an object is shared by all shifts.
    shift : int
        Pixels that the spectra have been moved.
    noise : float
        Scatter of a line and member [boxes], and half as much shared by members.
    """
    rng = np.random.default_rng(seed)
    lines, boxes, n = len(arch.lines), arch.boxes, len(z)
    shown = np.expm1(np.log1p(z)[:, None] + BIAS[:lines])
    place = box_position(shown, arch.heads.rest[:lines], arch.grid, boxes)
    place = place + noise * rng.standard_normal((members, n, lines))
    place += 0.5 * noise * rng.standard_normal((n, lines))
    place += shift * boxes / arch.grid.size
    on = (place > 0) & (place < boxes)
    out = np.full((members, n, len(arch.heads), 2 * boxes), 1e-4, np.float32)
    box = np.arange(boxes)
    into = place[..., None] - box
    chance = CONFIDENT * sigmoid(into / EDGE) * sigmoid((1 - into) / EDGE)
    chance = np.where(on[..., None], chance, 0.02)
    out[..., :lines, :boxes] = np.clip(chance, 1e-5, 1 - 1e-5)
    offset = 0.5 + (1 - PULL) * (into - 0.5)
    out[..., :lines, boxes:] = np.clip(offset, -0.1, 1.1)
    return out


def redshifts(n, seed=1):
    """Return smooth redshifts, one or more lines of each on the grid."""
    return np.random.default_rng(seed).uniform(0.7, 3.8, n)
