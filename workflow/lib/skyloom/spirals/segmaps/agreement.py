"""How volunteers who drew on one galaxy agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skyloom.spirals.segmaps.choice import crosses_itself, unions
from skyloom.spirals.segmaps.marks import Drawing


@dataclass(frozen=True, eq=False)
class Agreement:
    """What the drawings of a galaxy are like, one another and by themselves.

    Attributes
    ----------
    drew : int
        Volunteers whose strokes have an area, on the canvas.
    areas : ndarray, shape (drew,)
        Of each one's union [share of the canvas].
    pairs : ndarray, shape (drew * (drew - 1) / 2,)
        Intersection over union of each two of them.
    others : ndarray, shape (drew,)
        The same of each with what `least` or more of all others marked; NaN where
        these marked nothing together.
    counts : ndarray of int, shape (asked + 1,)
        Cells of the canvas that 0, 1, ... volunteers marked.
    strokes : ndarray of int, shape (drew,)
        How many of 3 vertices or more each one drew.
    vertices : ndarray of int
        Of each such stroke.
    crossing : ndarray of bool
        Whether it crosses itself.
    """

    drew: int
    areas: np.ndarray
    pairs: np.ndarray
    others: np.ndarray
    counts: np.ndarray
    strokes: np.ndarray
    vertices: np.ndarray
    crossing: np.ndarray


def agreement(
    volunteers: Sequence[Drawing], size: float, *, least: int = 3, cells: int = 262
) -> Agreement:
    """Return how the volunteers of a galaxy agree.

    Parameters
    ----------
    volunteers : sequence of Drawing
        Of all that were asked.
    size : float
        Side of the canvas.
    least : int
        Others that make the consensus that each is compared with.
    cells : int
        Side of the grid that strokes are compared on; 262 are 2 px of GZ3D's canvas.
    """
    maps = unions(volunteers, size, cells).reshape(len(volunteers), cells**2)
    marked = maps.any(axis=1)
    total = maps.sum(axis=0)
    drawn = maps[marked]
    areas = drawn.sum(axis=1).astype(float)
    both = drawn.astype(np.float32) @ drawn.T.astype(np.float32)
    iou = both / np.maximum(areas[:, None] + areas - both, 1)
    consensus = total - drawn >= least
    union = (drawn | consensus).sum(axis=1)
    others = (drawn & consensus).sum(axis=1) / np.maximum(union, 1)
    shapes = [[c for c in one if len(c) > 2] for one in volunteers]
    strokes = [c for one in shapes for c in one]
    return Agreement(
        int(marked.sum()),
        areas / cells**2,
        iou[np.triu_indices(len(drawn), 1)],
        np.where(consensus.any(axis=1), others, np.nan),
        np.bincount(total, minlength=len(volunteers) + 1),
        np.array([len(s) for s, m in zip(shapes, marked, strict=True) if m], int),
        np.array([len(c) for c in strokes], int),
        np.array([crosses_itself(c) for c in strokes], bool),
    )
