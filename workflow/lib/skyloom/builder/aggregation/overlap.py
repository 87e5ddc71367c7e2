"""Kernels of the overlap of two ellipses or two rectangles, and of its gradient.

Everything follows from one kind of number, the flux of a displacement field through
the part of a shape's edge that lies inside the other shape,

    F_k = integral over (edge of A inside B) of  w_k . n ds,

for the five fields ``w``: shift along u, shift along v, growth of a, growth of b,
rotation. Moving the edge of A changes the overlap by exactly this flux, so F is the
gradient; and by the divergence theorem ``2 area = a F_a + b F_b`` summed over the
edges of both. The integrals have closed forms on arcs and on straight edges. No
polygon stands in for an ellipse.

All kernels stay in this one file: numba's cache of a caller does not notice a change
of a callee that lives elsewhere.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_TWO_PI = 2 * math.pi
_CELLS = 32
_COS = np.cos(np.arange(_CELLS + 1) * _TWO_PI / _CELLS)
_SIN = np.sin(np.arange(_CELLS + 1) * _TWO_PI / _CELLS)


@njit(cache=True)
def matrix(shapes, ellipse):
    """Return the Jaccard distances (n, n) of shapes (n, 5), ellipses or rectangles."""
    n = len(shapes)
    out = np.zeros((n, n))
    flux = np.zeros(5)
    for i in range(n):
        if shapes[i, 3] * shapes[i, 4] == 0:
            out[i, i] = 1.0
        for j in range(i):
            shared = _overlap(shapes[i], shapes[j], ellipse, flux)
            out[i, j] = out[j, i] = _distance(shapes[i], shapes[j], ellipse, shared)
    return out


@njit(cache=True)
def one_to_many(one, shapes, ellipse):
    """Return the distances (n,) of one shape to shapes (n, 5), and gradients (n, 5)."""
    distances = np.empty(len(shapes))
    gradients = np.zeros((len(shapes), 5))
    flux = np.zeros(5)
    for j in range(len(shapes)):
        shared = _overlap(one, shapes[j], ellipse, flux)
        distances[j] = _distance(one, shapes[j], ellipse, shared)
        _chain(one, shapes[j], ellipse, shared, flux, gradients[j])
    return distances, gradients


@njit(cache=True)
def _area(shape, ellipse):
    return (math.pi if ellipse else 4.0) * shape[3] * shape[4] * shape[4]


@njit(cache=True)
def _distance(a, b, ellipse, shared):
    union = _area(a, ellipse) + _area(b, ellipse) - shared
    if union <= 0:
        return 1.0
    return min(1.0, max(0.0, 1 - shared / union))


@njit(cache=True)
def _chain(a, b, ellipse, shared, flux, out):
    """Carry the fluxes of A's edge to the gradient of D by A's parameters."""
    own = _area(a, ellipse)
    union = own + _area(b, ellipse) - shared
    if union <= 0:
        return
    cos, sin, q, re = math.cos(a[2]), math.sin(a[2]), a[3], a[4]
    by_shared = -(union + shared) / union**2
    by_own = shared / union**2
    out[0] = by_shared * (cos * flux[0] - sin * flux[1])
    out[1] = by_shared * (sin * flux[0] + cos * flux[1])
    out[2] = by_shared * flux[4]
    factor = math.pi if ellipse else 4.0
    out[3] = by_shared * re * flux[2] + by_own * factor * re * re
    out[4] = by_shared * (q * flux[2] + flux[3]) + by_own * 2 * factor * q * re


@njit(cache=True)
def _overlap(a, b, ellipse, flux):
    """Return the shared area and leave the fluxes through A's edge in `flux`."""
    flux[:] = 0
    if a[3] * a[4] == 0 or b[3] * b[4] == 0:
        return 0.0
    if math.hypot(a[0] - b[0], a[1] - b[1]) > 1.5 * (_reach(a) + _reach(b)):
        return 0.0
    if ellipse:
        return _ellipses(a, b, flux)
    return _rectangles(a, b, flux)


@njit(cache=True)
def _reach(shape):
    return shape[4] * max(1.0, shape[3])


@njit(cache=True)
def _in_frame(a, b):
    """Return A's centre and its u and v semi-axes, seen in the axes of B."""
    cos, sin = math.cos(b[2]), math.sin(b[2])
    dx, dy = a[0] - b[0], a[1] - b[1]
    turn = a[2] - b[2]
    c, s, major, minor = math.cos(turn), math.sin(turn), a[4], a[3] * a[4]
    centre = (cos * dx + sin * dy, -sin * dx + cos * dy)
    return centre, (minor * c, minor * s), (-major * s, major * c)


@njit(cache=True)
def _ellipses(a, b, flux):
    """Walk A's edge; where it leaves B, the overlap continues along B's edge."""
    centre, u, v = _in_frame(a, b)
    p, r = b[3] * b[4], b[4]
    cx, ux, vx = centre[0] / p, u[0] / p, v[0] / p
    cy, uy, vy = centre[1] / r, u[1] / r, v[1] / r
    f = (
        cx * cx + cy * cy + (ux * ux + vx * vx + uy * uy + vy * vy) / 2 - 1,
        2 * (cx * ux + cy * uy),
        2 * (cx * vx + cy * vy),
        (ux * ux - vx * vx + uy * uy - vy * vy) / 2,
        ux * vx + uy * vy,
    )
    roots = np.empty(8)
    n = _crossings(f, roots)
    if n < 2:
        return _nested(a, b, f, flux)
    other = np.zeros(5)
    for i in range(n):
        t0 = roots[i]
        t1 = roots[i + 1] if i + 1 < n else roots[0] + _TWO_PI
        if _value(f, (t0 + t1) / 2) < 0:
            _arc(a, t0, t1, flux)
            continue
        x0 = cx + ux * math.cos(t0) + vx * math.sin(t0)
        y0 = cy + uy * math.cos(t0) + vy * math.sin(t0)
        x1 = cx + ux * math.cos(t1) + vx * math.sin(t1)
        y1 = cy + uy * math.cos(t1) + vy * math.sin(t1)
        s0 = math.atan2(y0, x0)
        span = (math.atan2(y1, x1) - s0) % _TWO_PI
        if span > _TWO_PI - 1e-3 and t1 - t0 < math.pi:
            span -= _TWO_PI  # rounding of two edges that all but coincide
        _arc(b, s0, s0 + span, other)
    return _shared(a, b, flux, other)


@njit(cache=True)
def _nested(a, b, f, flux):
    """No crossing: A within B, B within A, or apart."""
    if _value(f, 0.0) + _value(f, math.pi) < 0:
        _arc(a, 0.0, _TWO_PI, flux)
        return _area(a, True)
    centre, _, _ = _in_frame(b, a)
    if math.hypot(centre[0] / (a[3] * a[4]), centre[1] / a[4]) < 1:
        return _area(b, True)
    return 0.0


@njit(cache=True)
def _shared(a, b, flux, other):
    """Divergence theorem about A's centre: twice the area is the flux of position."""
    centre, _, _ = _in_frame(b, a)
    cos, sin = math.cos(b[2] - a[2]), math.sin(b[2] - a[2])
    cu = cos * centre[0] + sin * centre[1]
    cv = -sin * centre[0] + cos * centre[1]
    twice = a[3] * a[4] * flux[2] + a[4] * flux[3]
    twice += b[3] * b[4] * other[2] + b[4] * other[3] + cu * other[0] + cv * other[1]
    return max(0.0, twice / 2)


@njit(cache=True)
def _arc(shape, t0, t1, flux):
    """Add the fluxes through the arc (a cos t, b sin t), t0 <= t <= t1."""
    a, b = shape[3] * shape[4], shape[4]
    sin0, sin1, cos0, cos1 = math.sin(t0), math.sin(t1), math.cos(t0), math.cos(t1)
    half = (sin1 * cos1 - sin0 * cos0) / 2
    flux[0] += b * (sin1 - sin0)
    flux[1] += a * (cos0 - cos1)
    flux[2] += b * ((t1 - t0) / 2 + half)
    flux[3] += a * ((t1 - t0) / 2 - half)
    flux[4] += (a * a - b * b) * (sin1 * sin1 - sin0 * sin0) / 2


@njit(cache=True)
def _value(f, t):
    c, s = math.cos(t), math.sin(t)
    return f[0] + f[1] * c + f[2] * s + f[3] * (c * c - s * s) + f[4] * 2 * s * c


@njit(cache=True)
def _slope(f, t):
    c, s = math.cos(t), math.sin(t)
    return f[2] * c - f[1] * s + 2 * f[4] * (c * c - s * s) - 4 * f[3] * s * c


@njit(cache=True)
def _crossings(f, roots):
    """Find the roots of a trigonometric polynomial of degree 2 between its extrema."""
    n = 0
    f0, d0 = _value(f, 0.0), _slope(f, 0.0)
    for i in range(_CELLS):
        t0, t1 = i * _TWO_PI / _CELLS, (i + 1) * _TWO_PI / _CELLS
        c, s = _COS[i + 1], _SIN[i + 1]
        cos2, sin2 = c * c - s * s, 2 * s * c
        f1 = f[0] + f[1] * c + f[2] * s + f[3] * cos2 + f[4] * sin2
        d1 = f[2] * c - f[1] * s + 2 * f[4] * cos2 - 2 * f[3] * sin2
        if d0 * d1 < 0:
            tm = _solve(f, t0, t1, d0, True)
            fm = _value(f, tm)
            n = _note(f, t0, tm, f0, fm, roots, n)
            n = _note(f, tm, t1, fm, f1, roots, n)
        else:
            n = _note(f, t0, t1, f0, f1, roots, n)
        f0, d0 = f1, d1
    return n


@njit(cache=True)
def _note(f, t0, t1, f0, f1, roots, n):
    if (f0 < 0) != (f1 < 0) and n < len(roots):
        roots[n] = _solve(f, t0, t1, f0, False)
        return n + 1
    return n


@njit(cache=True)
def _solve(f, lo, hi, low_value, extremum):
    """Newton with bisection as its guard, to the last few digits."""
    t = (lo + hi) / 2
    for _ in range(60):
        value = _slope(f, t) if extremum else _value(f, t)
        if (value < 0) == (low_value < 0):
            lo = t
        else:
            hi = t
        rate = _curvature(f, t) if extremum else _slope(f, t)
        step = t - value / rate if rate != 0 else lo
        new = step if lo < step < hi else (lo + hi) / 2
        if abs(new - t) < 1e-15 * _TWO_PI:
            break
        t = new
    return t


@njit(cache=True)
def _curvature(f, t):
    c, s = math.cos(t), math.sin(t)
    return -f[1] * c - f[2] * s - 4 * f[3] * (c * c - s * s) - 8 * f[4] * s * c


@njit(cache=True)
def _rectangles(a, b, flux):
    """Clip A by the four sides of B, remembering which edges are A's own."""
    centre, u, v = _in_frame(a, b)
    xs, ys = np.empty(16), np.empty(16)
    side = np.empty(16, np.int64)
    for k in range(4):
        su = 1.0 if k in (0, 3) else -1.0
        sv = 1.0 if k < 2 else -1.0
        xs[k] = centre[0] + su * u[0] + sv * v[0]
        ys[k] = centre[1] + su * u[1] + sv * v[1]
        side[k] = k
    n = 4
    half = (b[3] * b[4], b[4])
    for k in range(4):
        n = _clip(xs, ys, side, n, k % 2, 1.0 if k < 2 else -1.0, half[k % 2])
    _edges(a, xs, ys, side, n, centre, flux)
    twice = 0.0
    for i in range(n):
        j = (i + 1) % n
        twice += xs[i] * ys[j] - xs[j] * ys[i]
    return max(0.0, twice / 2)


@njit(cache=True)
def _clip(xs, ys, side, n, axis, sign, limit):
    """Sutherland-Hodgman: keep ``sign * coordinate <= limit``; B's edges get -1."""
    ox, oy, os = xs[:n].copy(), ys[:n].copy(), side[:n].copy()
    m = 0
    for i in range(n):
        j = (i + 1) % n
        here = limit - sign * (ox[i] if axis == 0 else oy[i])
        there = limit - sign * (ox[j] if axis == 0 else oy[j])
        if here >= 0:
            xs[m], ys[m], side[m] = ox[i], oy[i], os[i]
            m += 1
        if (here >= 0) != (there >= 0):
            w = here / (here - there)
            xs[m], ys[m] = ox[i] + w * (ox[j] - ox[i]), oy[i] + w * (oy[j] - oy[i])
            side[m] = -1 if here >= 0 else os[i]
            m += 1
    return m


@njit(cache=True)
def _edges(a, xs, ys, side, n, centre, flux):
    """Add the fluxes through the pieces of A's sides: top, left, bottom, right."""
    for i in range(n):
        if side[i] < 0:
            continue
        j = (i + 1) % n
        dx, dy = xs[j] - xs[i], ys[j] - ys[i]
        mx, my = (xs[i] + xs[j]) / 2 - centre[0], (ys[i] + ys[j]) / 2 - centre[1]
        upright = side[i] % 2  # left and right move with a, top and bottom with b
        sign = 1.0 if side[i] in (0, 3) else -1.0
        length = math.hypot(dx, dy)
        flux[1 - upright] += sign * length
        flux[3 - upright] += length
        flux[4] -= mx * dx + my * dy
