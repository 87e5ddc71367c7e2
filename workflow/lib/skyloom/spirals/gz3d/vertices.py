"""The JSON text of vertices in a cell of GZ3D's tables."""

from __future__ import annotations

import json

import numpy as np

from skyloom.spirals.segmaps.marks import Drawing, drawing, points


def read_paths(cell: str, size: float) -> Drawing:
    """Return a volunteer's strokes; ValueError as of `marks.drawing` or of JSON."""
    return drawing(_decoded(cell), size)


def read_clicks(cell: str, size: float) -> np.ndarray:
    """Return clicks (n, 2), those without a place left out, as GZ3D does.

    Raises
    ------
    ValueError
        As `read_paths`.
    """
    tree = _decoded(cell)
    if isinstance(tree, list):
        tree = [pair for pair in tree if not _nowhere(pair)]
    return points(tree, size, "clicks")


def text(vertices: Drawing | np.ndarray) -> str:
    """Return strokes, or clicks, as the text of a cell."""
    return json.dumps([one.tolist() for one in vertices])


def _nowhere(pair: object) -> bool:
    return isinstance(pair, list) and any(v is None or v != v for v in pair)  # noqa: PLR0124


def _decoded(cell: str) -> object:
    try:
        return json.loads(str(cell))
    except json.JSONDecodeError as bad:
        cut = bad.pos >= len(cell) or "Unterminated" in bad.msg
        msg = f"{len(cell)} characters that are not JSON: {bad}"
        raise ValueError(
            msg + ("; cut at the column's width?" if cut else "")
        ) from None
    except RecursionError:
        msg = "JSON nested too deeply"
        raise ValueError(msg) from None
