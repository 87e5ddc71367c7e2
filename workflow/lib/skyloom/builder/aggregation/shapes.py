"""Overlap of drawn shapes: exact areas, Jaccard distances and their gradients.

A shape is five numbers, ``mux, muy, roll, q, Re`` of `skyloom.builder.model`. In the
frame of its own axes, u along the minor and v along the major one, it is an ellipse
with semi-axes ``a = q Re`` and ``b = Re`` (disk, bulge) or the rectangle ``|u| <= a``,
``|v| <= b`` (bar).

Ellipses are exact; `skyloom.builder.aggregation.overlap` says how.

Source: Jaccard distance as in Lingard et al. 2020, ApJ 900, 178, section 4.1.
"""

from __future__ import annotations

import numpy as np

from skyloom.builder.aggregation import overlap

ELLIPSE = "ellipse"
RECTANGLE = "rectangle"
KINDS = {"disk": ELLIPSE, "bulge": ELLIPSE, "bar": RECTANGLE}
FIELDS = ("mux", "muy", "roll", "q", "Re")


def jaccard_matrix(shapes: np.ndarray, kind: str) -> np.ndarray:
    """Return the Jaccard distance of every pair of shapes.

    ``D = 1 - area(A and B) / area(A or B)``, and 1 where the union has no area.

    Parameters
    ----------
    shapes : ndarray, shape (n, 5)
        Columns `FIELDS` [px, px, rad, 1, px].
    kind : {"ellipse", "rectangle"}
        What every shape is.

    Returns
    -------
    ndarray, shape (n, n)
        Symmetric, 0 on the diagonal of shapes with area, within [0, 1].

    Raises
    ------
    ValueError
        If `shapes` has another form or `kind` is unknown.
    """
    return overlap.matrix(_checked(shapes), _is_ellipse(kind))


def jaccard(shape: np.ndarray, shapes: np.ndarray, kind: str) -> np.ndarray:
    """Return the Jaccard distances of one shape to many.

    Parameters
    ----------
    shape : ndarray, shape (5,)
        Columns `FIELDS` [px, px, rad, 1, px].
    shapes : ndarray, shape (n, 5)
        The same.
    kind : {"ellipse", "rectangle"}
        What every shape is.

    Returns
    -------
    ndarray, shape (n,)
        Within [0, 1].

    Raises
    ------
    ValueError
        If a shape has another form or `kind` is unknown.
    """
    return jaccard_gradient(shape, shapes, kind)[0]


def jaccard_gradient(
    shape: np.ndarray, shapes: np.ndarray, kind: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return Jaccard distances of one shape to many, and their exact gradients.

    Parameters
    ----------
    shape : ndarray, shape (5,)
        Columns `FIELDS` [px, px, rad, 1, px].
    shapes : ndarray, shape (n, 5)
        The same.
    kind : {"ellipse", "rectangle"}
        What every shape is.

    Returns
    -------
    distances : ndarray, shape (n,)
        Within [0, 1].
    gradients : ndarray, shape (n, 5)
        Derivatives by the five numbers of `shape` [1/px, 1/px, 1/rad, 1, 1/px].

    Raises
    ------
    ValueError
        If a shape has another form or `kind` is unknown.
    """
    one = _checked(np.asarray(shape, float)[None])[0]
    return overlap.one_to_many(one, _checked(shapes), _is_ellipse(kind))


def _checked(shapes: np.ndarray) -> np.ndarray:
    shapes = np.ascontiguousarray(shapes, dtype=np.float64)
    if shapes.ndim != 2 or shapes.shape[1] != 5:
        msg = f"shapes: expected an array (n, 5) of {FIELDS}, got {shapes.shape}"
        raise ValueError(msg)
    if not np.isfinite(shapes).all() or (shapes[:, 3:] < 0).any():
        msg = "shapes: expected finite numbers with q and Re of at least 0"
        raise ValueError(msg)
    return shapes


def _is_ellipse(kind: str) -> bool:
    if kind not in (ELLIPSE, RECTANGLE):
        msg = f"kind: expected {ELLIPSE!r} or {RECTANGLE!r}, got {kind!r}"
        raise ValueError(msg)
    return kind == ELLIPSE
