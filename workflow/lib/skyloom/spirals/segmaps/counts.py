"""Maps of how many volunteers marked a place, made of their drawings when needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skyloom.spirals.geometry import Stamp
from skyloom.spirals.segmaps.choice import choose
from skyloom.spirals.segmaps.fill import counted, covered
from skyloom.spirals.segmaps.marks import Drawing, Marks


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
    drawn, owners = _placed(marks, kept, stamp)
    counts = counted(drawn, owners, weights, shape)
    return counts.astype(np.float32), len(kept)


def each(marks: Marks, kind: str, stamp: Stamp) -> np.ndarray:
    """Return what each volunteer marked, bool (volunteers, size, size).

    Their sum is `segmap`'s map of all.
    """
    volunteers = marks.drawings(kind) or ()
    drawn, owners = _placed(marks, volunteers, stamp)
    maps = np.zeros((len(volunteers), stamp.size, stamp.size), bool)
    for number, one in enumerate(maps):
        own = [c for c, owner in zip(drawn, owners, strict=True) if owner == number]
        one[:] = covered(own, one.shape)
    return maps


def _placed(
    marks: Marks, volunteers: Sequence[Drawing], stamp: Stamp
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return all components on an image's pixels, and whose each is."""
    drawn = [c for components in volunteers for c in components]
    owners = np.repeat(np.arange(len(volunteers)), [len(v) for v in volunteers])
    if not drawn:
        return [], owners
    # All at once: a call of the world coordinates costs as much as a map.
    placed = marks.frame.on(stamp, np.concatenate(drawn))
    return np.split(placed, np.cumsum([len(c) for c in drawn])[:-1]), owners
