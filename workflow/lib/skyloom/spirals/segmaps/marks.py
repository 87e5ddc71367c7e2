"""What each volunteer drew on a galaxy, and its file `segmaps/marks/<name>.json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import InputError
from skyloom.spirals.geometry import Canvas

KINDS = ("spiral", "bar")
FAR = 10.0  # canvases; a vertex further off is damage, not a stroke off the frame

# Of one volunteer: components, each the vertices (n, 2) of a stroke, closed by itself.
Drawing = tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class Marks:
    """Volunteers' drawings of a galaxy.

    Attributes
    ----------
    frame : Canvas
        What they drew on; vertices are in its coordinates.
    spiral, bar : tuple of Drawing, or None
        By volunteer; an asked volunteer who drew nothing has (). None: nobody was
        asked, which is not that nobody saw any.
    spiral_ids, bar_ids : tuple of int
        Identifiers of their classifications.
    """

    frame: Canvas
    spiral: tuple[Drawing, ...] | None
    bar: tuple[Drawing, ...] | None
    spiral_ids: tuple[int, ...] = ()
    bar_ids: tuple[int, ...] = ()

    def drawings(self, kind: str) -> tuple[Drawing, ...] | None:
        """Return the drawings of ``spiral`` or ``bar``."""
        return {"spiral": self.spiral, "bar": self.bar}[kind]

    def asked(self, kind: str) -> int:
        """Return how many volunteers were asked for ``spiral`` or ``bar``."""
        return len(self.drawings(kind) or ())


def write_marks(
    path: str | Path, marks: Marks, provenance: Mapping | None = None
) -> None:
    """Write the file of a galaxy."""
    tree = {
        "frame": asdict(marks.frame),
        "spiral_mask": marks.spiral,
        "bar_mask": marks.bar,
        "spiral_ids": marks.spiral_ids,
        "bar_ids": marks.bar_ids,
    }
    write_json(path, tree if provenance is None else tree | {"provenance": provenance})


def read_marks(path: str | Path) -> Marks:
    """Read the file of a galaxy.

    Raises
    ------
    InputError
        No file, no JSON, a missing key, or drawings that `drawing` refuses.
    """
    tree = read_json(path)
    wanted = [f"{kind}_{part}" for part in ("mask", "ids") for kind in KINDS]
    for key in ("frame", *wanted):
        if key not in tree:
            raise InputError(path, f"no key {key!r}", expected=f"frame, {wanted}")
    try:
        frame = _frame(tree["frame"])
    except ValueError as bad:
        raise InputError(path, str(bad), where="frame") from None
    found = [_volunteers(path, tree[f"{k}_mask"], f"{k}_mask", frame) for k in KINDS]
    ids = [
        _identifiers(path, tree[f"{kind}_ids"], f"{kind}_ids", drawings)
        for kind, drawings in zip(KINDS, found, strict=True)
    ]
    return Marks(frame, *found, *ids)


def drawing(tree: object, size: float) -> Drawing:
    """Return what a volunteer drew, of a list of components of [x, y].

    A component may be a single click, cross itself or leave the frame; one without
    vertices is left out.

    Parameters
    ----------
    tree : object
        As JSON has it.
    size : float
        Side of the canvas.

    Raises
    ------
    ValueError
        Another shape of lists, or what is no finite number, or is `FAR` off.
    """
    if not isinstance(tree, list):
        msg = f"got {str(tree)[:40]!r}; expected a list of components"
        raise ValueError(msg)
    numbered = enumerate(tree, 1)
    return tuple(points(c, size, f"component {i}") for i, c in numbered if c != [])


def points(tree: object, size: float, where: str) -> np.ndarray:
    """Return vertices (n, 2) of a list of [x, y]; ValueError as of `drawing`."""
    pairs = isinstance(tree, list) and all(
        isinstance(pair, list) and len(pair) == 2 for pair in tree
    )
    if not pairs:
        msg = f"{where}: got {str(tree)[:40]!r}; expected a list of [x, y]"
        raise ValueError(msg)
    for value in chain.from_iterable(tree):
        # bool is an int in Python, and text becomes a number in numpy.
        real = type(value) in (int, float)
        if not real or not -FAR * size <= value <= (1 + FAR) * size:
            msg = f"{where}: got {str(value)[:40]!r}; expected a number within {FAR:g} "
            raise ValueError(msg + "canvases")
    return np.array(tree, np.float64).reshape(-1, 2)


def _frame(tree: object) -> Canvas:
    names = ("ra", "dec", "scale", "size")
    expected = "ra, dec [deg], scale [arcsec] and size [px] of the canvas"
    if not isinstance(tree, dict) or set(tree) != set(names):
        msg = f"got {str(tree)[:60]!r}; expected {expected}"
        raise ValueError(msg)
    values = [tree[name] for name in names]
    real = all(type(v) in (int, float) and math.isfinite(v) for v in values)
    if not real or abs(tree["dec"]) > 90 or min(tree["scale"], tree["size"]) <= 0:
        msg = f"got {values}; expected {expected}"
        raise ValueError(msg)
    return Canvas(**tree)


def _volunteers(path, tree, key: str, frame: Canvas) -> tuple[Drawing, ...] | None:
    if tree is None:
        return None
    if not isinstance(tree, list) or not tree:
        expected = "a list of volunteers, or null where none was asked"
        raise InputError(path, f"got {str(tree)[:40]!r}", where=key, expected=expected)
    found = []
    for number, one in enumerate(tree, 1):
        try:
            found.append(drawing(one, frame.size))
        except ValueError as bad:
            where = f"{key}, volunteer {number}"
            raise InputError(path, str(bad), where=where) from None
    return tuple(found)


def _identifiers(path, tree, key: str, drawings) -> tuple[int, ...]:
    whole = isinstance(tree, list) and all(type(i) is int for i in tree)
    if not whole or len(tree) not in (0, len(drawings or ())):
        expected = f"{len(drawings or ())} whole numbers, or none"
        raise InputError(path, f"got {str(tree)[:40]!r}", where=key, expected=expected)
    return tuple(tree)
