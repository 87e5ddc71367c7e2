"""Jaccard distances of ellipses drawn as polygons, as the published clusters used.

The published distances took each ellipse as the image of a regular 64-gon inscribed in
the unit circle. They are larger than the true distances by up to 4e-4, enough to move
a shape across the clustering threshold in 3 of 193 real bulges, so that the published
clusters are only reproduced with the same outline. `aggregation.shapes` has the
exact distances.

Source: Lingard et al. 2020, ApJ 900, 178, section 4.1, and its published clusters.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


def polygon_matrix(shapes: np.ndarray, vertices: int = 64) -> np.ndarray:
    """Return the Jaccard distance of every pair of ellipses drawn as polygons.

    Parameters
    ----------
    shapes : ndarray, shape (n, 5)
        Columns mux, muy, roll, q, Re [px, px, rad, 1, px].
    vertices : int
        Corners of each polygon, at equal steps of the eccentric angle from the minor
        axis on. At least 3.

    Returns
    -------
    ndarray, shape (n, n)
        Symmetric, 0 on the diagonal of shapes with area, within [0, 1].

    Raises
    ------
    ValueError
        If there are fewer than three vertices or `shapes` has another form.
    """
    shapes = np.ascontiguousarray(shapes, dtype=np.float64)
    if vertices < 3 or shapes.ndim != 2 or shapes.shape[1] != 5:
        msg = f"expected shapes (n, 5) and 3 vertices, got {shapes.shape}, {vertices}"
        raise ValueError(msg)
    return _matrix(shapes, vertices)


@njit(cache=True)
def _matrix(shapes, vertices):
    n = len(shapes)
    out = np.zeros((n, n))
    angles = np.arange(vertices) * (2 * math.pi / vertices)
    unit = 0.5 * vertices * math.sin(2 * math.pi / vertices)
    for i in range(n):
        if shapes[i, 3] * shapes[i, 4] == 0:
            out[i, i] = 1.0
        for j in range(i):
            one = unit * shapes[i, 3] * shapes[i, 4] ** 2
            two = unit * shapes[j, 3] * shapes[j, 4] ** 2
            shared = _overlap(shapes[i], shapes[j], angles)
            union = one + two - shared
            distance = 1 - shared / union if union > 0 else 1.0
            out[i, j] = out[j, i] = min(1.0, max(0.0, distance))
    return out


@njit(cache=True)
def _overlap(a, b, angles):
    """Clip A by every side of B, in the frame where B is the regular polygon."""
    apart = math.hypot(a[0] - b[0], a[1] - b[1])
    if a[3] * a[4] * b[3] * b[4] == 0 or apart > a[4] + b[4]:
        return 0.0
    m = len(angles)
    xs, ys = np.empty(2 * m + 4), np.empty(2 * m + 4)
    other_xs, other_ys = np.empty(2 * m + 4), np.empty(2 * m + 4)
    _corners(a, b, angles, xs, ys)
    n, limit, half = m, math.cos(math.pi / m), math.pi / m
    for k in range(m):
        nx, ny = math.cos(angles[k] + half), math.sin(angles[k] + half)
        n = _clip(xs, ys, n, nx, ny, limit, other_xs, other_ys)
        xs, ys, other_xs, other_ys = other_xs, other_ys, xs, ys
    twice = 0.0
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        twice += xs[i] * ys[j] - xs[j] * ys[i]
    return max(0.0, twice / 2) * b[3] * b[4] * b[4]


@njit(cache=True)
def _corners(a, b, angles, xs, ys):
    cos, sin = math.cos(b[2]), math.sin(b[2])
    dx, dy = a[0] - b[0], a[1] - b[1]
    c, s = math.cos(a[2] - b[2]), math.sin(a[2] - b[2])
    for k in range(len(angles)):
        u, v = a[3] * a[4] * math.cos(angles[k]), a[4] * math.sin(angles[k])
        xs[k] = (cos * dx + sin * dy + c * u - s * v) / (b[3] * b[4])
        ys[k] = (-sin * dx + cos * dy + s * u + c * v) / b[4]


@njit(cache=True)
def _clip(xs, ys, n, nx, ny, limit, out_xs, out_ys):
    """Sutherland-Hodgman: keep the part with ``nx x + ny y <= limit``."""
    m = 0
    if n == 0:
        return 0
    first = limit - nx * xs[0] - ny * ys[0]
    here = first
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        there = limit - nx * xs[j] - ny * ys[j] if j else first
        if here >= 0:
            out_xs[m], out_ys[m] = xs[i], ys[i]
            m += 1
        if (here >= 0) != (there >= 0):
            w = here / (here - there)
            out_xs[m] = xs[i] + w * (xs[j] - xs[i])
            out_ys[m] = ys[i] + w * (ys[j] - ys[i])
            m += 1
        here = there
    return m
