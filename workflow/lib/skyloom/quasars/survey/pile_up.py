"""Whether redshifts pile up where a line lies in the middle of a box.

`pile_up` needs no truth, but a network may be surest of lines in mid-box: compare
methods on the same objects and lines. `wiggle` needs the truth and has no such bias.
In both, `line` (n,) is the index in ``arch.lines`` of each object's line, the most
confident one.
"""

from __future__ import annotations

import numpy as np

from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.lines import LINES, C, box_position


def pile_up(z: np.ndarray, line: np.ndarray, arch: Architecture) -> float:
    """Return |mean exp(2πi φ)| of the places φ of the lines in their boxes.

    0 for even places, 1 for one place; n lines placed evenly give about 0.89 / √n.

    Raises
    ------
    ValueError
        No line lies on the grid.
    """
    place = _place(z, line, arch)
    place = place[np.isfinite(place)]
    if not len(place):
        msg = "no line lies on the grid at its redshift"
        raise ValueError(msg)
    return float(np.abs(np.exp(2j * np.pi * place).mean()))


def wiggle(
    z: np.ndarray, truth: np.ndarray, line: np.ndarray, arch: Architecture
) -> float:
    """Return by how much errors follow the true place of a line in its box, km/s.

    The amplitude of the sine of one box's period that fits c (z - truth) / (1 + truth)
    best; errors beyond 3000 km/s are left out.
    """
    place = _place(truth, line, arch)
    error = C * (np.asarray(z) - truth) / (1 + np.asarray(truth))
    kept = np.isfinite(place) & (np.abs(error) < 3000)
    turn = 2 * np.pi * place[kept]
    model = np.stack([np.ones(kept.sum()), np.cos(turn), np.sin(turn)], axis=1)
    found, *_ = np.linalg.lstsq(model, error[kept], rcond=None)
    return float(np.hypot(found[1], found[2]))


def _place(z: np.ndarray, line: np.ndarray, arch: Architecture) -> np.ndarray:
    """Return where in its box each line lies, 0..1, NaN off the grid."""
    rest = np.array([LINES[name] for name in arch.lines])[line]
    position = box_position(z, rest, arch.grid, arch.boxes)
    return np.where(position >= 0, position % 1.0, np.nan)
