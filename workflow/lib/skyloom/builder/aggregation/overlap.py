"""Overlap of two ellipses or two rectangles, and its gradient.

Everything follows from one kind of number, the flux of a displacement field through
the part of a shape's edge that lies inside the other shape,

    F_k = integral over (edge of A inside B) of  w_k . n ds,

for the five fields ``w``: shift along u, shift along v, growth of a, growth of b,
rotation. Moving the edge of A changes the overlap by exactly this flux, so F is the
gradient; and by the divergence theorem ``2 area = a F_a + b F_b`` summed over the
edges of both. The integrals have closed forms on arcs and on straight edges. No
polygon stands in for an ellipse.

Shapes are rows ``mux, muy, roll, q, Re`` (n, 5) with an area above 0.
"""

from __future__ import annotations

import numpy as np

_TURN = 2 * np.pi
# Sides that coincide count once: as A's, in a B larger by this part of its size.
_GRACE = 1e-12
_SIDES = np.array([[1.0], [-1.0]])


def shared_area(a, b, ellipse: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the areas (n,) that pairs share, and the fluxes (5, n) through A's edge.

    The fluxes are the gradient by A's centre along u and v, a, b and roll.
    """
    own, other = (_ellipses if ellipse else _rectangles)(a, b)
    away, _, _ = _seen(b, b, a)
    twice = (a[:, 3] * own[2] + own[3]) * a[:, 4]
    twice += (b[:, 3] * other[2] + other[3]) * b[:, 4]
    twice += away.real * other[0] + away.imag * other[1]
    return np.maximum(twice / 2, 0), own


def _seen(frame, one, origin) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where `one` lies from `origin` and its semi-axes u, v, in a frame's axes.

    Complex numbers stand for (u, v).
    """
    away = one[:, 0] - origin[:, 0] + 1j * (one[:, 1] - origin[:, 1])
    turn = np.exp(1j * (one[:, 2] - frame[:, 2]))
    minor = one[:, 3] * one[:, 4] * turn
    return away * np.exp(-1j * frame[:, 2]), minor, 1j * one[:, 4] * turn


def _in_units(a, b) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return A's centre and semi-axes where B is the unit disc or square, complex."""
    minor, major = b[:, 3] * b[:, 4], b[:, 4]
    return tuple(z.real / minor + 1j * z.imag / major for z in _seen(b, a, b))


def _ellipses(a, b) -> tuple[np.ndarray, np.ndarray]:
    """Return the fluxes (5, n) through A's arcs inside B, and through B's inside A."""
    centre, u, v = _in_units(a, b)
    # On A's edge, |z|^2 - 1 = f0 + Re(f1 e^it + f2 e^2it).
    f0 = abs(centre) ** 2 + (abs(u) ** 2 + abs(v) ** 2) / 2 - 1
    f1 = 2 * (_dot(centre, u) - 1j * _dot(centre, v))
    f2 = (abs(u) ** 2 - abs(v) ** 2) / 2 - 1j * _dot(u, v)
    start = _cuts(f0, f1, f2)
    end = np.roll(start, -1, axis=0)
    end[-1] += _TURN
    inside = _height(f0, f1, f2, (start + end) / 2) < 0
    own = ((_primitive(a, end) - _primitive(a, start)) * inside).sum(axis=1)
    # Where A's edge leaves B, the overlap goes on along B's until A's edge comes back.
    returns = inside.astype(int) - np.roll(inside, 1, axis=0)
    angle = np.angle(centre + u * np.cos(start) + v * np.sin(start))
    other = (_primitive(b, angle) * returns).sum(axis=1)
    walked = (angle * returns).sum(axis=0)
    span = walked % _TURN
    # Rounding of two edges that all but coincide.
    outside = ((end - start) * ~inside).sum(axis=0)
    span[(span > _TURN - 1e-3) & (outside < np.pi)] = 0
    around = ~inside.any(axis=0) & (abs(_in_units(b, a)[0]) < 1)
    span[around] = _TURN
    half = b[:, 4] / 2 * (span - walked)
    other[2:4] += [half, b[:, 3] * half]
    return own, other


def _dot(one, two) -> np.ndarray:
    return (one * two.conj()).real


def _height(f0, f1, f2, t) -> np.ndarray:
    turn = np.exp(1j * t)
    return f0 + ((f1 + f2 * turn) * turn).real


def _cuts(f0, f1, f2) -> np.ndarray:
    """Return sorted angles (4, n), all those at which the edges cross among them.

    With x = tan of half the angle, f is a polynomial of degree 4 over (1 + x^2)^2.
    Its infinity is put where f is far from 0. Complex roots give cuts without harm.
    """
    grid = np.arange(8)[:, None] * (_TURN / 8)
    values = _height(f0, f1, f2, grid)
    far = np.argmax(abs(values), axis=0)
    lead = values[far, np.arange(len(far))]
    origin = grid[far, 0] + np.pi
    f1, f2 = f1 * np.exp(1j * origin), f2 * np.exp(2j * origin)
    powers = [4 * f2.imag - 2 * f1.imag, 2 * f0 - 6 * f2.real]
    powers += [-4 * f2.imag - 2 * f1.imag, f0 + f1.real + f2.real]
    companion = np.zeros((len(far), 4, 4))
    companion[:, 1:, :3] = np.eye(3)
    companion[:, 0] = -np.transpose(powers) / np.where(lead == 0, 1, lead)[:, None]
    roots = np.linalg.eigvals(companion).real
    return np.sort(origin + 2 * np.arctan(roots.T), axis=0)


def _primitive(shape, t) -> np.ndarray:
    """Return the integrals of the five fluxes along (a cos t, b sin t)."""
    a, b = shape[:, 3] * shape[:, 4], shape[:, 4]
    sin, cos = np.sin(t), np.cos(t)
    return np.stack([
        b * sin,
        -a * cos,
        b * (t + sin * cos) / 2,
        a * (t - sin * cos) / 2,
        (a * a - b * b) * sin * sin / 2,
    ])  # fmt: skip


def _rectangles(a, b) -> tuple[np.ndarray, np.ndarray]:
    """Return the fluxes (5, n) through A's sides inside B, and through B's inside A."""
    return _straights(a, b, 1 + _GRACE), _straights(b, a, 1 - _GRACE)


def _straights(a, b, limit: float) -> np.ndarray:
    """Return the fluxes (5, n) through A's sides where B is smaller than `limit`."""
    centre, u, v = _in_units(a, b)
    flux = np.zeros((5, len(a)))
    sides = ((u, v, a[:, 4], -1), (v, u, a[:, 3] * a[:, 4], 1))
    for axis, (out, along, half, sense) in enumerate(sides):
        low, high = _clipped(centre + _SIDES * out, along, limit)
        length = np.maximum(high - low, 0) * half
        middle = (low + high) / 2 * half
        flux[axis] = (_SIDES * length).sum(axis=0)
        flux[2 + axis] = length.sum(axis=0)
        flux[4] += sense * (_SIDES * length * middle).sum(axis=0)
    return flux


def _clipped(start, step, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the part of -1 <= s <= 1 where ``start + s step`` is in the square."""
    low, high = np.full(start.shape, -1.0), np.ones(start.shape)
    for x, dx in ((start.real, step.real), (start.imag, step.imag)):
        dx = np.where(dx == 0, 1e-300, dx)  # noqa: PLW2901 - parallel: all or nothing
        ends = np.sort([(-limit - x) / dx, (limit - x) / dx], axis=0)
        low, high = np.maximum(low, ends[0]), np.minimum(high, ends[1])
    return low, high
