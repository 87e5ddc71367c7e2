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
_NEAR = 1e-3  # rad
_SIDES = np.array([[1.0], [-1.0]])
# Sides that coincide count as inside: B is larger by this part of its size.
_GRACE = 1e-12


def shared_area(a, b, ellipse: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the areas (n,) that pairs share, and the fluxes (5, n) through A's edge.

    The fluxes are the gradient by A's centre along u and v, a, b and roll.
    """
    return _ellipses(a, b) if ellipse else _rectangles(a, b)


def _centre(one, origin, frame) -> np.ndarray:
    """Return where a shape lies from another, u + i v along the axes of a third."""
    away = one[:, 0] - origin[:, 0] + 1j * (one[:, 1] - origin[:, 1])
    return away * np.exp(-1j * frame[:, 2])


def _in_units(a, b) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return A's centre and semi-axes where B is the unit disc or square, complex."""
    v = 1j * a[:, 4] * np.exp(1j * (a[:, 2] - b[:, 2]))
    seen = np.stack([_centre(a, b, b), -1j * a[:, 3] * v, v])
    return tuple(seen.real / (b[:, 3] * b[:, 4]) + 1j * (seen.imag / b[:, 4]))


def _ellipses(a, b) -> tuple[np.ndarray, np.ndarray]:
    """Walk A's edge; where it leaves B, the overlap continues along B's edge."""
    centre, u, v = _in_units(a, b)
    # On A's edge, |z|^2 - 1 = f0 + Re(f1 e^it + f2 e^2it).
    f0 = abs(centre) ** 2 + (abs(u) ** 2 + abs(v) ** 2) / 2 - 1
    f1 = 2 * (_dot(centre, u) - 1j * _dot(centre, v))
    f2 = (abs(u) ** 2 - abs(v) ** 2) / 2 - 1j * _dot(u, v)
    start = _cuts(f0, f1, f2)
    sweep = np.diff(start, axis=0, append=start[:1] + _TURN)
    inside = _height(f0, f1, f2, start + sweep / 2) < 0
    within = (sweep * inside).sum(axis=0)
    returns = np.diff(inside.astype(int), axis=0, prepend=inside[-1:])
    angle = np.angle(centre + u * np.cos(start) + v * np.sin(start))
    span = (angle * returns).sum(axis=0) % _TURN
    # None or all of B's edge, where they all but coincide, touch or do not meet.
    centred = abs(_in_units(b, a)[0]) < 1
    span[(span < _NEAR) & (within < np.pi) & centred] += _TURN
    span[(span > _TURN - _NEAR) & (within > np.pi)] -= _TURN
    own, other = _arcs(a, start, -returns, within), _arcs(b, angle, returns, span)
    away = _centre(b, a, b)
    twice = (a[:, 3] * own[2] + own[3]) * a[:, 4]
    twice += (b[:, 3] * other[2] + other[3]) * b[:, 4]
    twice += away.real * other[0] + away.imag * other[1]
    return np.maximum(twice / 2, 0), own


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


def _arcs(shape, t, ends, span) -> np.ndarray:
    """Return the fluxes (5, n) through arcs of (a cos t, b sin t), `span` long in all.

    At t an arc ends where `ends` is 1, and starts where it is -1.
    """
    a, b = shape[:, 3] * shape[:, 4], shape[:, 4]
    sin, cos = np.sin(t), np.cos(t)
    terms = ends * np.stack([sin, -cos, sin * cos, sin * sin])
    along_u, along_v, slant, turned = terms.sum(axis=1)
    growth = [b * (span + slant) / 2, a * (span - slant) / 2]
    return np.stack([b * along_u, a * along_v, *growth, (a * a - b * b) * turned / 2])


def _rectangles(a, b) -> tuple[np.ndarray, np.ndarray]:
    """Clip A's sides by B: right and left, then top and bottom, (2, 2, n)."""
    centre, u, v = _in_units(a, b)
    start = centre + _SIDES * np.stack([u, v])[:, None]
    step = np.broadcast_to(np.stack([v, u])[:, None], start.shape)
    across, up = _slab(start.real, step.real), _slab(start.imag, step.imag)
    low, high = np.maximum(across[0], up[0]), np.minimum(across[1], up[1])
    half = np.stack([a[:, 4], a[:, 3] * a[:, 4]])[:, None]
    length, middle = np.maximum(high - low, 0) * half, (low + high) / 2 * half
    shifts, growth = (_SIDES * length).sum(axis=1), length.sum(axis=1)
    turned = (_SIDES * length * middle).sum(axis=1)
    own = np.stack([*shifts, *growth, turned[1] - turned[0]])
    areas = (_SIDES * _beneath(start, step, across, up)).sum(axis=1)
    return np.maximum(areas[1] - areas[0], 0) * b[:, 3] * b[:, 4] ** 2, own


def _slab(x, dx) -> tuple[np.ndarray, np.ndarray]:
    """Return the part of -1 <= s <= 1 where ``|x + s dx| <= 1``; empty, high <= low."""
    dx = np.where(abs(dx) < 1e-300, 1e-300, dx)  # parallel: all of it or nothing
    middle, reach = -x / dx, (1 + _GRACE) / abs(dx)
    return np.clip(middle - reach, -1, 1), np.clip(middle + reach, -1, 1)


def _beneath(start, step, across, up) -> np.ndarray:
    """Return the integral of y dx along sides where |x| <= 1, y held to -1 <= y <= 1.

    Sides that coincide make no jump, unlike a sum over the edges of both shapes.
    """
    low, high = across
    enter, leave = (np.clip(s, low, high) for s in up)
    inside = (leave - enter) * (start.imag + step.imag * (enter + leave) / 2)
    beyond = np.where(step.imag < 0, -1, 1) * (high + low - enter - leave)
    return step.real * (inside + beyond)
