"""Pixel integrals of Sérsic profiles and spiral arms, with their exact partials.

A Sérsic profile is (Sérsic 1963; Lingard et al. 2020, section 3)::

    Sigma(x, y) = exp(-b_n [(R / Re)^(1/n) - 1]),
    R = (|u / q|^c + |v|^c)^(1/c),
    u = cos(roll) dx + sin(roll) dy,  v = -sin(roll) dx + cos(roll) dy,

for unit surface brightness at Re. A pixel's value is the mean of Sigma over the
pixel: the sampling is chosen, pixel by pixel, from the local curvature of the
profile so that its error stays below ``rtol * (Sigma + FAINT)``, and cells are split
again and again towards a cusp.

An arm of unit brightness is ``exp(-d² / 2 spread²) Disk(x, y)`` with d the distance
to the nearest point of the arm's polyline. The nearest point is where the distance is
stationary, so the partials of d follow the point alone (envelope theorem). Pixels are
handled in blocks of tiles: only segments that can be nearest to some point of a block
are tried in its tiles, and so on to the pixel.

All kernels share this file because numba's cache does not see edits in another one.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

PARTIALS = ("mux", "muy", "roll", "q", "Re", "n", "c")
ARM_PARTIALS = ("mux", "muy", "roll", "q", "Re", "A", "phi", "t_min", "t_max", "spread")
MAX_DEPTH = 12
MAX_SPLIT = 8
TILE = 6
BLOCK = 4 * TILE
# From the centre of a square to its farthest point.
REACH, BLOCK_REACH, PIXEL_REACH = (k / math.sqrt(2.0) for k in (TILE, BLOCK, 1))
# Where the profile has fallen to FAINT of its value at Re, `rtol` relates to FAINT
# instead: nobody needs four digits of a tail that no detector could see.
FAINT = 1e-3

_GL2 = 0.5 / math.sqrt(3.0)
_GL3 = 0.5 * math.sqrt(0.6)
NODES = np.array([[0.0, 0.0, 0.0], [-_GL2, _GL2, 0.0], [-_GL3, 0.0, _GL3]])
WEIGHTS = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [5 / 18, 8 / 18, 5 / 18]])

_jit = nb.njit(cache=True, error_model="numpy")


@_jit
def sersic_b(n):
    """Return b_n, for which Re encloses half of the light.

    Source: Ciotti & Bertin 1999, A&A 352, 447, equation 18 (poor below n = 0.36).
    """
    tail = 131 / (1148175 * n**3) - 2194697 / (30690717750 * n**4)
    return 2 * n - 1 / 3 + 4 / (405 * n) + 46 / (25515 * n**2) + tail


@_jit
def sersic_b_slope(n):
    """Return the derivative of `sersic_b` with respect to n."""
    tail = -3 * 131 / (1148175 * n**4) + 4 * 2194697 / (30690717750 * n**5)
    return 2 - 4 / (405 * n**2) - 2 * 46 / (25515 * n**3) + tail


@_jit
def _profile(u, v, q, Re, n, c, b):
    """Return R, x = (R/Re)^(1/n) and the profile, at ``(u, v)`` along the axes."""
    if c == 2.0:
        R = math.sqrt((u * (1.0 / q)) ** 2 + v * v)
    else:
        R = (abs(u / q) ** c + abs(v) ** c) ** (1.0 / c)
    ratio = R * (1.0 / Re)
    x = ratio if n == 1.0 else ratio ** (1.0 / n)
    return R, x, math.exp(-b * (x - 1.0))


@_jit
def _add(u, v, known, par, b, w, n_partials, acc):
    """Add the profile, `known` by `_profile`, and its first partials to `acc`.

    They are multiplied by `w` and in the order `PARTIALS`. Those by n and c, which
    need logarithms, are left out where `n_partials` is below 6 and 7.
    """
    _, _, cos_t, sin_t, q, Re, n, c = par
    R, x, value = known
    value *= w
    acc[0] += value
    if n_partials == 0:
        return
    R, slope = R + 1e-300, -value * b * (1.0 / n) * x  # by ln R
    a, e = abs(u * (1.0 / q)) * (1.0 / R), abs(v) * (1.0 / R)
    ac, ec = (a * a, e * e) if c == 2.0 else (a**c, e**c)
    along_u = slope * ac / (u if u != 0.0 else 1e-300)
    along_v = slope * ec / (v if v != 0.0 else 1e-300)
    acc[1] += along_v * sin_t - along_u * cos_t
    acc[2] -= along_u * sin_t + along_v * cos_t
    acc[3] += along_u * v - along_v * u
    acc[4] -= slope * ac * (1.0 / q)
    acc[5] -= slope * (1.0 / Re)
    if n_partials > 5:
        acc[6] -= slope * math.log(R / Re) / n + value * sersic_b_slope(n) * (x - 1.0)
    if n_partials > 6:
        mean_ln = ac * math.log(a + 1e-300) + ec * math.log(e + 1e-300)
        acc[7] += slope * mean_ln / c


@_jit
def _steepness(R, x, q, n, b):
    """Return bounds of the profile's relative gradient and of its change, at R."""
    steep = 1.0 / min(q, 1.0)
    gradient = b * (1.0 / n) * steep * x * (1.0 / R)
    return gradient, gradient * (1.0 + abs(1.0 / n - 1.0)) * steep * (1.0 / R)


@_jit
def _stiffness(u, v, h, known, q, Re, n, c, b):
    """Return h² times the profile's relative curvature over a cell, as a bound.

    The cell has side `h` and its centre at ``(u, v)``, where the profile is `known`.
    Close to the profile's centre the bound is taken at the smallest and, for n < 1, at
    the largest radius in the cell; far away, for n of 0.5 or more, at the cell's
    centre, with a margin for how much steeper the near side can be. Also returned are
    the profile at the smallest radius or the centre, and whether it was the centre.
    """
    R, x, value = known
    reach = h * (0.7072 / min(q, 1.0))
    far = 4.0 * reach < R and n >= 0.5
    if far:
        gradient, bend = _steepness(R, x, q, n, b)
        gradient, bend = 1.33 * gradient, 1.33 * bend
    else:
        inner = max(R - reach, 1e-6 * Re)
        _, x, value = _profile(0.0, inner, q, Re, n, c, b)
        gradient, bend = _steepness(inner, x, q, n, b)
        if n < 1.0:  # the gradient grows outwards
            outer = R + reach
            x = _profile(0.0, outer, q, Re, n, c, b)[1]
            gradient, outer_bend = _steepness(outer, x, q, n, b)
            bend = max(bend, outer_bend)
    if c < 2.0:  # disky isophotes have a ridge along either axis
        sharp = (2.0 - c) / min(q, 1.0)
        bend += gradient * sharp / max(min(abs(u), abs(v)), h / 8)
    return h * h * (gradient * gradient + bend), value, far


@_jit
def rule(z, rtol):
    """Return how many Gauss-Legendre nodes a side meet `rtol`; 0: split the cell.

    The error terms are h²f''/24, h⁴f⁗/4320 and h⁶f⁽⁶⁾/2016000 with the derivatives
    of a Gaussian-like profile, 1, 3 and 15 times powers of the curvature.
    """
    if z < 12.0 * rtol:
        return 1
    if z * z < 720.0 * rtol:
        return 2
    if z * z * z < 67000.0 * rtol:
        return 3
    return 0


@_jit
def _laplacian(u, v, known, q, n, b):
    """Return the relative Laplacian of a profile of c = 2, `known` at ``(u, v)``.

    A 24th of it corrects one node for the mean over a cell of side 1, which leaves the
    fourth derivatives: h⁴f⁗/1920 along an axis.
    """
    R, x, _ = known
    inverse, flat = 1.0 / R, 1.0 / q**2
    radial = -b * (1.0 / n) * x * inverse  # d ln Sigma / dR
    steep2 = ((u * flat) ** 2 + v * v) * inverse * inverse  # |grad R|²
    bend = radial * (1.0 / n - 1.0) * inverse
    return (radial * radial + bend) * steep2 + radial * (flat + 1 - steep2) * inverse


@_jit
def _cell(u, v, h, k, par, b, n_partials, acc):
    """Add the integral over one cell, by k x k nodes, to `acc`."""
    _, _, cos_t, sin_t, q, Re, n, c = par
    for i in range(k):
        for j in range(k):
            dx, dy = h * NODES[k - 1, i], h * NODES[k - 1, j]
            un, vn = u + cos_t * dx + sin_t * dy, v + cos_t * dy - sin_t * dx
            w = h * h * WEIGHTS[k - 1, i] * WEIGHTS[k - 1, j]
            known = _profile(un, vn, q, Re, n, c, b)
            _add(un, vn, known, par, b, w, n_partials, acc)


@_jit
def _pixel(x, y, par, b, edge, rtol, n_partials, stack, acc):
    """Integrate one pixel into `acc`, splitting cells until each meets `rtol`."""
    mux, muy, cos_t, sin_t, q, Re, n, c = par
    stack[0, 0], stack[0, 1], stack[0, 2] = x - mux, y - muy, 1.0
    top = 1
    while top:
        top -= 1
        dx, dy, h = stack[top, 0], stack[top, 1], stack[top, 2]
        u, v = cos_t * dx + sin_t * dy, cos_t * dy - sin_t * dx
        known = _profile(u, v, q, Re, n, c, b)
        if known[0] > edge:
            continue
        z, value, far = _stiffness(u, v, h, known, q, Re, n, c, b)
        allowed = rtol * (1.0 + FAINT / (value + 1e-300))
        if far and c == 2.0 and z * z < 100.0 * allowed:  # most pixels
            w = h * h * (1.0 + h * h / 24.0 * _laplacian(u, v, known, q, n, b))
            _add(u, v, known, par, b, w, n_partials, acc)
            continue
        k = rule(z, allowed)
        if far and k == 1:  # already known
            _add(u, v, known, par, b, h * h, n_partials, acc)
        elif k == 0 and h > 2.0**-MAX_DEPTH:
            for i in range(4):
                sx, sy = (i % 2) - 0.5, (i // 2) - 0.5
                stack[top, 0], stack[top, 1] = dx + sx * h / 2, dy + sy * h / 2
                stack[top, 2] = h / 2
                top += 1
        else:
            _cell(u, v, h, k or 3, par, b, n_partials, acc)


@_jit
def extent(Re, n, rtol):
    """Return the radius beyond which the light is a hundredth of the allowed error."""
    return Re * (1.0 - math.log(0.01 * FAINT * rtol) / sersic_b(n)) ** n


@_jit
def integrate_sersic(ny, nx, mux, muy, roll, q, Re, n, c, rtol, jac, n_partials=7):
    """Return the pixel means of a unit Sérsic profile on an (ny, nx) image.

    Parameters are those of `model.Sersic`; `rtol` is the relative error allowed in
    each pixel. The result has shape (1 or 1 + n_partials, ny, nx): the value and, with
    `jac`, the first `n_partials` (5 or more) of the partials `PARTIALS`.
    """
    n_partials = n_partials if jac else 0
    out = np.zeros((1 + n_partials, ny, nx))
    cos_t, sin_t = math.cos(roll), math.sin(roll)
    par = (mux, muy, cos_t, sin_t, q, Re, n, c)
    b = sersic_b(n)
    stack = np.empty((3 * MAX_DEPTH + 5, 3))
    acc = np.zeros(8)
    edge = extent(Re, n, rtol) + 0.7072 / min(q, 1.0)
    # The box around a rectangle around the isophote, whatever its boxyness.
    wide = edge * (q * abs(cos_t) + abs(sin_t))
    high = edge * (q * abs(sin_t) + abs(cos_t))
    for y in range(max(0, math.ceil(muy - high)), min(ny, int(muy + high) + 1)):
        for x in range(max(0, math.ceil(mux - wide)), min(nx, int(mux + wide) + 1)):
            acc[:] = 0.0
            _pixel(float(x), float(y), par, b, edge, rtol, n_partials, stack, acc)
            for m in range(1 + n_partials):
                out[m, y, x] = acc[m]
    return out


@_jit
def _to_segment(x, y, points, k):
    """Return d² to a segment's nearest point, and the position of that along it."""
    ax, ay = points[k, 0], points[k, 1]
    bx, by = points[k + 1, 0] - ax, points[k + 1, 1] - ay
    length2 = bx * bx + by * by
    t = 0.0
    if length2 > 0.0:
        t = min(max(((x - ax) * bx + (y - ay) * by) / length2, 0.0), 1.0)
    ex, ey = x - ax - t * bx, y - ay - t * by
    return ex * ex + ey * ey, t


@_jit
def _nearest(x, y, points, segments, n_segments):
    """Return d², the segment and the position along it of the nearest point."""
    best, where, along = 1e300, 0, 0.0
    for i in range(n_segments):
        d2, t = _to_segment(x, y, points, segments[i])
        if d2 < best:
            best, where, along = d2, segments[i], t
    return best, where, along


@_jit
def _candidates(x, y, points, every, segments, distances, reach=REACH):
    """List those of the segments `every` that may be nearest within reach of (x, y).

    They are written to `segments`; returned are their number and the distance of the
    nearest from (x, y).
    """
    closest = 1e300
    for k in range(every.size):
        distances[k] = _to_segment(x, y, points, every[k])[0]
        closest = min(closest, distances[k])
    closest = math.sqrt(closest)
    farthest = (closest + 2.0 * reach) ** 2
    n = 0
    for k in range(every.size):
        if distances[k] <= farthest:
            segments[n] = every[k]
            n += 1
    return n, closest


@_jit
def _sample(x, y, par, b, spread, near, points, partials, jac, w, acc):
    """Add the arm's value and partials at one point, times `w`, to `acc`."""
    mux, muy, cos_t, sin_t, q, Re, n, c = par
    d2, k, t = near
    dx, dy = x - mux, y - muy
    u, v = cos_t * dx + sin_t * dy, cos_t * dy - sin_t * dx
    known = _profile(u, v, q, Re, n, c, b)
    w *= math.exp(-0.5 * d2 / spread**2)
    if not jac:
        acc[0] += w * known[2]
        return
    _add(u, v, known, par, b, w, 5, acc)
    value = w * known[2]
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
    mux, muy, cos_t, sin_t, q, Re, n, c = par
    dx, dy = x - mux, y - muy
    u, v = cos_t * dx + sin_t * dy, cos_t * dy - sin_t * dx
    known = _profile(u, v, q, Re, n, c, b)
    z, _, _ = _stiffness(u, v, 1.0, known, q, Re, n, c, b)
    # The curvature of exp(-d²/2s²) matters only as far as the ridge is bright.
    z += (1.0 + d2 / spread**2) / spread**2 * math.exp(-0.25 * d2 / spread**2)
    split = 1
    while rule(z / split**2, rtol) == 0 and split < MAX_SPLIT:
        split += 1
    return split, rule(z / split**2, rtol) or 3


@_jit
def integrate_arm(ny, nx, points, partials, mux, muy, roll, q, Re, spread, rtol, jac):
    """Return the pixel means of a unit arm on a unit disk of index 1.

    `points` (n_points, 2) are the arm's polyline [px], `partials` (n_points, 2, 8) as
    from `spirals.log_spiral`, read with `jac` only; `spread` is the arm's Gaussian
    width [px], `rtol` the error allowed in each pixel, relative to the disk. The result
    has shape (1 or 11, ny, nx): the value and, with `jac`, the partials in the order
    `ARM_PARTIALS`.
    """
    out = np.zeros((11 if jac else 1, ny, nx))
    par = (mux, muy, math.cos(roll), math.sin(roll), q, Re, 1.0, 2.0)
    width = _width(spread, rtol)
    every = np.arange(points.shape[0] - 1)
    in_block, in_tile, in_pixel = np.empty((3, every.size), every.dtype)
    distances, acc = np.empty(every.size), np.zeros(11)
    for yb in range(0, ny, BLOCK):
        for xb in range(0, nx, BLOCK):
            cx, cy = xb + (BLOCK - 1) / 2, yb + (BLOCK - 1) / 2
            n, far = _candidates(
                cx, cy, points, every, in_block, distances, BLOCK_REACH
            )
            if far - BLOCK_REACH > width:
                continue
            for y0 in range(yb, min(yb + BLOCK, ny), TILE):
                for x0 in range(xb, min(xb + BLOCK, nx), TILE):
                    _tile(
                        out, y0, x0, par, spread, rtol, width, points, partials,
                        in_block[:n], in_tile, in_pixel, distances, jac, acc,
                    )  # fmt: skip
    return out


@_jit
def _tile(
    out, y0, x0, par, spread, rtol, width, points, partials, in_block, in_tile,
    in_pixel, distances, jac, acc,
):  # fmt: skip
    """Integrate the pixels of one tile of an arm into `out`."""
    b = sersic_b(1.0)
    cx, cy = x0 + (TILE - 1) / 2, y0 + (TILE - 1) / 2
    n, far = _candidates(cx, cy, points, in_block, in_tile, distances, REACH)
    if far - REACH > width:
        return
    for y in range(y0, min(y0 + TILE, out.shape[1])):
        for x in range(x0, min(x0 + TILE, out.shape[2])):
            acc[:] = 0.0
            _arm_pixel(
                float(x), float(y), par, b, spread, rtol, width, points, partials,
                in_tile[:n], in_pixel, distances, jac, acc,
            )  # fmt: skip
            for m in range(out.shape[0]):
                out[m, y, x] = acc[m]


@_jit
def _width(spread, rtol):
    """Return the distance beyond which an arm is a hundredth of the allowed error."""
    return spread * math.sqrt(-2.0 * math.log(0.01 * rtol))


@_jit
def _arm_pixel(
    x, y, par, b, spread, rtol, width, points, partials, in_tile, in_pixel, distances,
    jac, acc,
):  # fmt: skip
    """Integrate one pixel of an arm into `acc`."""
    n, d = _candidates(x, y, points, in_tile, in_pixel, distances, PIXEL_REACH)
    if d > width:
        return
    split, k = _sampling(x, y, d * d, par, b, spread, rtol)
    h = 1.0 / split
    for i in range(split * k):
        sx = x - 0.5 + h * (i // k + 0.5 + NODES[k - 1, i % k])
        for j in range(split * k):
            sy = y - 0.5 + h * (j // k + 0.5 + NODES[k - 1, j % k])
            w = h * h * WEIGHTS[k - 1, i % k] * WEIGHTS[k - 1, j % k]
            near = _nearest(sx, sy, points, in_pixel, n)
            _sample(sx, sy, par, b, spread, near, points, partials, jac, w, acc)
