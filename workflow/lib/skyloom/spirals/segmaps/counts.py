"""Maps of how many volunteers marked a place, made of their drawings when needed."""

from __future__ import annotations

import numpy as np

from skyloom.spirals.geometry import Stamp
from skyloom.spirals.segmaps.choice import choose
from skyloom.spirals.segmaps.fill import counted
from skyloom.spirals.segmaps.marks import Marks


def segmap(
    marks: Marks, kind: str, stamp: Stamp, how: str = "all"
) -> tuple[np.ndarray, int]:
    """Return the map of an image's pixels, and how many volunteers were asked.

    A volunteer counts once where components overlap. Where nobody was asked, the
    number is 0 and the map means nothing.

    Parameters
    ----------
    marks : Marks
        The galaxy's.
    kind : str
        ``spiral`` or ``bar``.
    stamp : Stamp
        The image; strokes are drawn on its own pixels, at their places on the sky.
    how : str
        Whose drawings count, see `choice.choose`.

    Returns
    -------
    counts : ndarray of float32, shape (size, size)
        Volunteers, or the sum of their weights, from 0 to `asked`.
    asked : int
    """
    shape = (stamp.size, stamp.size)
    volunteers = marks.drawings(kind)
    if volunteers is None:
        return np.zeros(shape, np.float32), 0
    kept, weights = choose(volunteers, how, marks.frame.size)
    drawn = [c for components in kept for c in components]
    owners = np.repeat(np.arange(len(kept)), [len(components) for components in kept])
    if not drawn:
        return np.zeros(shape, np.float32), len(kept)
    # All at once: a call of the world coordinates costs as much as a map.
    placed = marks.frame.on(stamp, np.concatenate(drawn))
    ends = np.cumsum([len(c) for c in drawn])[:-1]
    counts = counted(np.split(placed, ends), owners, weights, shape)
    return counts.astype(np.float32), len(kept)
