"""Pixel integrals of spiral arms: Gaussian ridges multiplied onto the disk.

An arm of unit brightness is ``exp(-d² / 2 spread²) Disk(x, y)`` with d the distance
to the nearest point of the arm's polyline (Lingard et al. 2020, section 3). The
nearest point is where the distance is stationary, so the partials of d follow the
point alone (envelope theorem). Pixels are handled in tiles: only the segments that
can be nearest to some pixel of a tile are looked at.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from skyloom.builder.model import replace
from skyloom.builder.profiles import (
    NODES,
    WEIGHTS,
    rule,
    sersic_b,
    sersic_partials,
    sersic_value,
    stiffness,
)

N_POINTS = 100
ARM_PARTIALS = ("mux", "muy", "roll", "q", "Re", "A", "phi", "t_min", "t_max", "spread")
TILE = 8
# Beyond this many spreads from the ridge the arm is fainter than 1e-11.
CUTOFF = 7.2
MAX_SPLIT = 8

_jit = nb.njit(cache=True, error_model="numpy")


def log_spiral(disk, arm, n_points=N_POINTS):
    """Return points of an inclined logarithmic spiral and their partials.

    Parameters
    ----------
    disk : Sersic
        Gives the centre, roll and axis ratio of the spiral's plane.
    arm : SpiralArm
        Gives ``r = A exp(theta tan phi)`` for theta in [t_min, t_max].
    n_points : int
        Points, equally spaced in theta; the published models have 100.

    Returns
    -------
    points : ndarray, shape (n_points, 2)
        ``(x, y)`` [px].
    partials : ndarray, shape (n_points, 2, 8)
        With respect to mux, muy, roll, q, A, phi [per deg], t_min, t_max.
    """
    s = np.linspace(0.0, 1.0, n_points)
    theta = arm.t_min + s * (arm.t_max - arm.t_min)
    tan = math.tan(math.radians(arm.phi))
    r = arm.A * np.exp(theta * tan)
    cos_t, sin_t = math.cos(disk.roll), math.sin(disk.roll)
    turn = np.array([[cos_t, -sin_t], [sin_t, cos_t]])
    plane = np.stack([disk.q * r * np.cos(theta), r * np.sin(theta)])
    offset = turn @ plane
    d_phi = plane * theta * (1 + tan**2) * math.pi / 180
    d_theta = plane * tan + np.stack([-disk.q * r * np.sin(theta), r * np.cos(theta)])
    in_plane = [
        np.stack([r * np.cos(theta), np.zeros_like(r)]),
        plane / arm.A,
        d_phi,
        d_theta * (1 - s),
        d_theta * s,
    ]
    ones, zeros = np.ones_like(r), np.zeros_like(r)
    columns = [np.stack([ones, zeros]), np.stack([zeros, ones])]
    columns.append(np.stack([-offset[1], offset[0]]))
    columns += [turn @ column for column in in_plane]
    points = offset.T + np.array([disk.mux, disk.muy])
    return points, np.ascontiguousarray(np.stack(columns, axis=-1).swapaxes(0, 1))


def reframed(arm, old, new):
    """Return the arm that looks the same on the sky in the plane of another disk.

    A logarithmic spiral seen in another plane is nearly one: ln r is fitted anew as a
    line in theta, by least squares over the arm's points.

    Parameters
    ----------
    arm : SpiralArm
        In the plane of `old`.
    old, new : Sersic
        Disks; their centre, roll and axis ratio count.
    """
    offset = log_spiral(old, arm)[0] - np.array([new.mux, new.muy])
    cos_t, sin_t = math.cos(new.roll), math.sin(new.roll)
    u = (offset @ (cos_t, sin_t)) / new.q
    v = offset @ (-sin_t, cos_t)
    theta = np.unwrap(np.arctan2(v, u))
    expected = arm.t_min + old.roll - new.roll
    theta += 2 * math.pi * round((expected - theta[0]) / (2 * math.pi))
    slope, intercept = np.polyfit(theta, np.log(np.hypot(u, v)), 1)
    return replace(
        arm,
        A=math.exp(intercept),
        phi=math.degrees(math.atan(slope)),
        t_min=float(theta[0]),
        t_max=float(theta[-1]),
    )


@_jit
def _nearest(x, y, points, segments, n_segments):
    """Return d², the segment and the position along it of the nearest point."""
    best, where, along = 1e300, 0, 0.0
    for i in range(n_segments):
        k = segments[i]
        ax, ay = points[k, 0], points[k, 1]
        bx, by = points[k + 1, 0] - ax, points[k + 1, 1] - ay
        length2 = bx * bx + by * by
        t = 0.0
        if length2 > 0.0:
            t = min(max(((x - ax) * bx + (y - ay) * by) / length2, 0.0), 1.0)
        ex, ey = x - ax - t * bx, y - ay - t * by
        d2 = ex * ex + ey * ey
        if d2 < best:
            best, where, along = d2, k, t
    return best, where, along


@_jit
def _candidates(x, y, reach, points, every, segments, distances):
    """List the segments that may be nearest to a point within `reach` of (x, y)."""
    closest = 1e300
    for k in range(every.size):
        distances[k] = math.sqrt(_nearest(x, y, points, every[k : k + 1], 1)[0])
        closest = min(closest, distances[k])
    count = 0
    for k in range(every.size):
        if distances[k] <= closest + 2.0 * reach:
            segments[count] = k
            count += 1
    return count, closest


@_jit
def polyline_distance(ny, nx, points):
    """Return the distance of each pixel centre to a polyline, shape (ny, nx) [px]."""
    out = np.empty((ny, nx))
    every = np.arange(points.shape[0] - 1)
    segments, distances = np.empty_like(every), np.empty(every.size)
    reach = TILE / math.sqrt(2.0)
    for y0 in range(0, ny, TILE):
        for x0 in range(0, nx, TILE):
            cx, cy = x0 + (TILE - 1) / 2, y0 + (TILE - 1) / 2
            n, _ = _candidates(cx, cy, reach, points, every, segments, distances)
            for y in range(y0, min(y0 + TILE, ny)):
                for x in range(x0, min(x0 + TILE, nx)):
                    d2 = _nearest(float(x), float(y), points, segments, n)[0]
                    out[y, x] = math.sqrt(d2)
    return out


@_jit
def _sample(x, y, par, b, spread, near, points, partials, jac, buffer, w, acc):
    """Add the arm's value and partials at one point, times `w`, to `acc`."""
    mux, muy, cos_t, sin_t, q, Re = par
    d2, k, t = near
    ridge = math.exp(-0.5 * d2 / spread**2)
    if not jac:
        disk = sersic_value(x - mux, y - muy, cos_t, sin_t, q, Re, 1.0, 2.0, b)
        acc[0] += w * ridge * disk
        return
    sersic_partials(x - mux, y - muy, cos_t, sin_t, q, Re, 1.0, 2.0, b, buffer)
    value = w * ridge * buffer[0]
    acc[0] += value
    for m in range(1, 6):
        acc[m] += w * ridge * buffer[m]
    ex = x - (1 - t) * points[k, 0] - t * points[k + 1, 0]
    ey = y - (1 - t) * points[k, 1] - t * points[k + 1, 1]
    scale = value / spread**2
    for m in range(8):
        px = (1 - t) * partials[k, 0, m] + t * partials[k + 1, 0, m]
        py = (1 - t) * partials[k, 1, m] + t * partials[k + 1, 1, m]
        # The first four (mux, muy, roll, q) join the disk's own partials.
        acc[m + 1 if m < 4 else m + 2] += scale * (ex * px + ey * py)
    acc[10] += value * d2 / spread**3


@_jit
def _sampling(x, y, d2, par, b, spread, rtol):
    """Return how finely to sample a pixel: cells a side and nodes a cell side."""
    mux, muy, cos_t, sin_t, q, Re = par
    z, _, _ = stiffness(x - mux, y - muy, 1.0, cos_t, sin_t, q, Re, 1.0, 2.0, b)
    # The curvature of exp(-d²/2s²) matters only as far as the ridge is bright.
    z += (1.0 + d2 / spread**2) / spread**2 * math.exp(-0.25 * d2 / spread**2)
    split = 1
    while rule(z / split**2, rtol) == 0 and split < MAX_SPLIT:
        split += 1
    return split, rule(z / split**2, rtol) or 3


@_jit
def integrate_arm(ny, nx, points, partials, mux, muy, roll, q, Re, spread, rtol, jac):
    """Return the pixel means of a unit arm on a unit disk of index 1.

    Parameters
    ----------
    ny, nx : int
        Image shape.
    points : ndarray, shape (n_points, 2)
        The arm's polyline [px].
    partials : ndarray, shape (n_points, 2, 8)
        As from `log_spiral`; not read unless `jac`.
    mux, muy, roll, q, Re : float
        The disk.
    spread : float
        Gaussian width of the arm [px].
    rtol : float
        Error allowed in each pixel, relative to the disk.
    jac : bool
        Whether to also return the partial derivatives.

    Returns
    -------
    ndarray, shape (1 or 11, ny, nx)
        The value and, with `jac`, the partials in the order `ARM_PARTIALS`.
    """
    out = np.zeros((11 if jac else 1, ny, nx))
    par = (mux, muy, math.cos(roll), math.sin(roll), q, Re)
    b = sersic_b(1.0)
    every = np.arange(points.shape[0] - 1)
    segments, distances = np.empty_like(every), np.empty(every.size)
    buffer, acc = np.zeros(8), np.zeros(11)
    reach = TILE / math.sqrt(2.0)
    for y0 in range(0, ny, TILE):
        for x0 in range(0, nx, TILE):
            cx, cy = x0 + (TILE - 1) / 2, y0 + (TILE - 1) / 2
            n, far = _candidates(cx, cy, reach, points, every, segments, distances)
            if far - reach > CUTOFF * spread:
                continue
            for y in range(y0, min(y0 + TILE, ny)):
                for x in range(x0, min(x0 + TILE, nx)):
                    acc[:] = 0.0
                    _arm_pixel(
                        float(x), float(y), par, b, spread, rtol, points, partials,
                        segments, n, jac, buffer, acc,
                    )  # fmt: skip
                    for m in range(out.shape[0]):
                        out[m, y, x] = acc[m]
    return out


@_jit
def _arm_pixel(
    x, y, par, b, spread, rtol, points, partials, segments, n, jac, buffer, acc
):
    """Integrate one pixel of an arm into `acc`."""
    d2 = _nearest(x, y, points, segments, n)[0]
    if d2 > (CUTOFF * spread) ** 2:
        return
    split, k = _sampling(x, y, d2, par, b, spread, rtol)
    h = 1.0 / split
    for i in range(split * k):
        sx = x - 0.5 + h * (i // k + 0.5 + NODES[k - 1, i % k])
        for j in range(split * k):
            sy = y - 0.5 + h * (j // k + 0.5 + NODES[k - 1, j % k])
            w = h * h * WEIGHTS[k - 1, i % k] * WEIGHTS[k - 1, j % k]
            near = _nearest(sx, sy, points, segments, n)
            _sample(sx, sy, par, b, spread, near, points, partials, jac, buffer, w, acc)
