"""Which volunteers' drawings count, and how much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from skyloom.spirals.segmaps.fill import covered
from skyloom.spirals.segmaps.marks import Drawing

GRID = 105  # cells a side on which volunteers are compared; 5 px of GZ3D's canvas
STEP = 2.0**-24  # of weights, so that their sums are exact


def choose(
    volunteers: Sequence[Drawing], how: str, size: float
) -> tuple[tuple[Drawing, ...], np.ndarray]:
    """Return the components that count, by volunteer, and each one's weight (mean 1).

    Parameters
    ----------
    volunteers : sequence of Drawing
        Of all that were asked, in canvas coordinates.
    how : str
        ``all``, ``cleaned`` (strokes that cross themselves are dropped, as in GZ3D's
        own maps, and who drew no others does not count; where nobody would, all do) or
        ``reliable`` (weighted by how they agree with the others).
    size : float
        Side of the canvas.
    """
    weights = np.ones(len(volunteers))
    if how == "cleaned":
        kept = tuple(cleaned(one) for one in volunteers)
        # Who drew, and of whom nothing is left, does not say that there is nothing.
        told = [bool(c) or not v for c, v in zip(kept, volunteers, strict=True)]
        if not any(told):
            return tuple(volunteers), weights
        return kept, np.array(told) * (len(told) / sum(told))
    if how == "reliable":
        return tuple(volunteers), reliability(volunteers, size)
    if how != "all":
        msg = f"how: expected all, cleaned or reliable, got {how!r}"
        raise ValueError(msg)
    return tuple(volunteers), weights


def cleaned(components: Drawing) -> Drawing:
    """Return the components that do not cross themselves."""
    return tuple(c for c in components if not crosses_itself(c))


def crosses_itself(component: np.ndarray) -> bool:
    """Tell whether a stroke crosses or touches itself, its closing line left out."""
    # As GZ3D's own code asks it: a stroke is an open line there.
    return len(component) > 1 and not shapely.LineString(component).is_simple


def reliability(volunteers: Sequence[Drawing], size: float) -> np.ndarray:
    """Return a weight a volunteer, mean 1, larger for those who agree with others.

    The mean squared difference of a volunteer's map and the share of the others who
    marked a place is an estimate of that volunteer's variance; weights are inverse to
    it, shrunk to the mean of all, so they lie within a factor of n + 1. Simpler than
    STAPLE (Warfield et al. 2004, IEEE Trans. Med. Imaging 23, 903), which would ignore
    those who drew nothing.
    """
    n = len(volunteers)
    maps = unions(volunteers, size, GRID).astype(np.float64)
    maps = maps[:, maps.any(axis=0)]
    if n < 2 or maps.size == 0:
        return np.ones(n)
    others = (maps.sum(axis=0) - maps) / (n - 1)
    wrong = np.square(maps - others).mean(axis=1)
    if not wrong.any():
        return np.ones(n)
    weights = 1 / (wrong + wrong.mean())
    return np.round(weights / weights.mean() / STEP) * STEP


def unions(volunteers: Sequence[Drawing], size: float, cells: int) -> np.ndarray:
    """Return where each volunteer marked, bool (volunteers, cells, cells).

    The canvas, in its own orientation (row 0 north), on `cells` x `cells`.
    """
    scale = cells / size
    found = np.zeros((len(volunteers), cells, cells), bool)
    for one, components in zip(found, volunteers, strict=True):
        one[:] = covered([c * scale - 0.5 for c in components], one.shape)
    return found
