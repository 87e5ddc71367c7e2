"""Emission lines, the boxes they fall into, and the targets made of them.

The grid is cut into equal boxes of pixels; a head of the network answers, for one
line, in which box the line lies and how far into it. Busca & Balland 2018
(arXiv 1808.09955), section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyloom.quasars.spectra.grid import Grid

C = 299_792.458  # km/s
N_BOXES = 13
BAL, UNKNOWN_BAL = 1, 0  # of the truth's `bal` column; -1 is a quasar without troughs

LINES = {
    "LYA": 1215.67,
    "CIV": 1548.2049,
    "CIII": 1908.734,
    "MGII": 2796.3511,
    "HBETA": 4862.68,
    "HALPHA": 6562.8,
}  # rest wavelengths in vacuum [Å], in the order of the published weights' heads
DEFAULT_LINES = tuple(LINES)
DEFAULT_BAL = ("CIV",)


@dataclass(frozen=True)
class Heads:
    """What the network's outputs stand for: emission lines, then broad absorption."""

    lines: tuple[str, ...] = DEFAULT_LINES
    bal: tuple[str, ...] = DEFAULT_BAL

    def __post_init__(self):
        unknown = sorted({*self.lines, *self.bal} - LINES.keys())
        if unknown:
            msg = f"no such line: {', '.join(unknown)}; known: {', '.join(LINES)}"
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.lines) + len(self.bal)

    @property
    def rest(self) -> np.ndarray:
        """Return the rest wavelength of each head, shape (heads,), Å."""
        return np.array([LINES[name] for name in (*self.lines, *self.bal)])

    @property
    def is_bal(self) -> np.ndarray:
        """Return which heads are for broad absorption, bool, shape (heads,)."""
        return np.arange(len(self)) >= len(self.lines)


def box_position(z, rest, grid: Grid, boxes: int = N_BOXES) -> np.ndarray:
    """Return where a line falls, counted in boxes from the blue end, float64.

    The whole part is the box, the rest the offset in it; -1 where the line is off the
    grid or `z` is not finite. `z` and `rest` [Å] broadcast.
    """
    wave = np.asarray(rest) * (1.0 + np.asarray(z, dtype=np.float64))
    wave = np.where(np.isfinite(wave), wave, -1.0)
    index = np.interp(wave, grid.wave, np.arange(grid.size), left=-1.0, right=-1.0)
    return np.where(index >= 0, index / grid.size * boxes, -1.0)


def targets(
    z: np.ndarray,
    is_qso: np.ndarray,
    bal: np.ndarray,
    known: np.ndarray,
    heads: Heads,
    grid: Grid,
    boxes: int = N_BOXES,
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the network should answer, and how much each answer counts.

    Parameters
    ----------
    z, is_qso : ndarray, shape (n,)
        Redshifts, and which are quasars.
    bal : ndarray of int, shape (n,)
        1 with broad absorption, -1 without, 0 unknown.
    known : ndarray of bool, shape (n,)
        True where the truth is confident. The others weigh nothing, whereas the
        published loader trains them as confident non-quasars.

    Returns
    -------
    y : ndarray, float32, shape (n, heads, 2 * boxes)
        First the boxes (1 where the line is), then the offsets (0..1, in the same
        slot). All zero where the object is no quasar or the line is off the grid; of
        a BAL head also where the quasar is not a BAL.
    weight : ndarray, float32, shape (n, heads)
        1, or 0 where the truth is not confident or, of a BAL head, unknown.

    Raises
    ------
    ValueError
        A confident quasar without a finite redshift.
    """
    is_qso, known = np.asarray(is_qso, bool), np.asarray(known, bool)
    z, bal = np.asarray(z, np.float64), np.asarray(bal)
    lost = np.flatnonzero(is_qso & known & ~np.isfinite(z))
    if len(lost):
        msg = f"{len(lost)} confident quasars have no redshift, first: row {lost[0]}"
        raise ValueError(msg)
    position = box_position(z[:, None], heads.rest, grid, boxes)
    present = (position >= 0) & (is_qso & known)[:, None]
    present &= ~heads.is_bal | (bal == BAL)[:, None]
    weight = known[:, None] & (~heads.is_bal | (bal != UNKNOWN_BAL)[:, None])
    return _one_hot(position, present, boxes), weight.astype(np.float32)


def _one_hot(position: np.ndarray, present: np.ndarray, boxes: int) -> np.ndarray:
    y = np.zeros((*position.shape, 2 * boxes), np.float32)
    row, head = np.nonzero(present)
    box = np.floor(position[row, head]).astype(np.int64)
    y[row, head, box] = 1.0
    y[row, head, boxes + box] = position[row, head] - box
    return y
