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
handled in tiles: only segments that can be nearest to some pixel of a tile are tried.

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
REACH = TILE / math.sqrt(2.0)  # from a tile's centre to its farthest pixel, and more
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
def _radius(u, v, q, c):
    if c == 2.0:
        return math.sqrt((u / q) ** 2 + v**2)
    return (abs(u / q) ** c + abs(v) ** c) ** (1.0 / c)


@_jit
def _exponent(ratio, n, b):
    """Return x = (R/Re)^(1/n) and ln(Sigma)."""
    x = ratio if n == 1.0 else ratio ** (1.0 / n)
    return x, -b * (x - 1.0)


@_jit
def sersic_value(dx, dy, cos_t, sin_t, q, Re, n, c, b):
    """Return the profile at offset ``(dx, dy)`` from the centre."""
    u = cos_t * dx + sin_t * dy
    v = cos_t * dy - sin_t * dx
    return math.exp(_exponent(_radius(u, v, q, c) / Re, n, b)[1])


@_jit
def sersic_partials(dx, dy, cos_t, sin_t, q, Re, n, c, b, out):
    """Write the profile and its seven partials (order `PARTIALS`) to `out`."""
    u = cos_t * dx + sin_t * dy
    v = cos_t * dy - sin_t * dx
    a, e = abs(u / q) + 1e-300, abs(v) + 1e-300
    ac, ec = (a * a, e * e) if c == 2.0 else (a**c, e**c)
    S = ac + ec
    R = math.sqrt(S) if c == 2.0 else S ** (1.0 / c)
    x, lnS = _exponent(R / Re, n, b)
    value = math.exp(lnS)
    slope = -b * x / n  # d ln Sigma / d ln R
    along_u = slope * ac / S / (u if u != 0.0 else 1e-300)
    along_v = slope * ec / S / (v if v != 0.0 else 1e-300)
    out[0] = value
    out[1] = value * (along_v * sin_t - along_u * cos_t)
    out[2] = -value * (along_u * sin_t + along_v * cos_t)
    out[3] = value * (along_u * v - along_v * u)
    out[4] = -value * slope * ac / S / q
    out[5] = -value * slope / Re
    lnratio = math.log(R / Re) if R > 0.0 else -700.0
    out[6] = value * (b * x * lnratio / n**2 - sersic_b_slope(n) * (x - 1.0))
    mean_ln = (ac * math.log(a) + ec * math.log(e)) / S
    out[7] = value * slope * (mean_ln - math.log(S) / c) / c


@_jit
def stiffness(dx, dy, h, cos_t, sin_t, q, Re, n, c, b):
    """Return h² times the profile's relative curvature over a cell, as a bound.

    The cell has side `h` and its centre at ``(dx, dy)``. Close to the profile's
    centre the bound is taken at the smallest and, for n < 1, at the largest radius in
    the cell; far away, for n of 0.5 or more, at the cell's centre, with a margin for
    how much steeper the near side can be. Also returned are ln of the profile at the
    smallest radius or the centre, and whether it was the centre.
    """
    u = cos_t * dx + sin_t * dy
    v = cos_t * dy - sin_t * dx
    steep = 1.0 / min(q, 1.0)
    R, reach = _radius(u, v, q, c), 0.7072 * h * steep
    far = 4.0 * reach < R and n >= 0.5
    outer = R + reach
    if not far:
        R = max(R - reach, 1e-6 * Re)
    x, lnS = _exponent(R / Re, n, b)
    curved = (1.0 + abs(1.0 / n - 1.0)) * steep
    gradient = (1.33 if far else 1.0) * b * x / n * steep / R
    bend = gradient * curved / R
    if n < 1.0 and not far:  # the gradient grows outwards
        gradient = b * _exponent(outer / Re, n, b)[0] / n * steep / outer
        bend = max(bend, gradient * curved / outer)
    if c < 2.0:  # disky isophotes have a ridge along either axis
        bend += gradient * (2.0 - c) * steep / max(min(abs(u), abs(v)), h / 8)
    return h * h * (gradient * gradient + bend), lnS, far


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
def _cell(x, y, h, k, par, b, jac, buffer, acc):
    """Add the integral over one cell, by k x k nodes, to `acc`."""
    mux, muy, cos_t, sin_t, q, Re, n, c = par
    for i in range(k):
        for j in range(k):
            w = h * h * WEIGHTS[k - 1, i] * WEIGHTS[k - 1, j]
            dx = x + h * NODES[k - 1, i] - mux
            dy = y + h * NODES[k - 1, j] - muy
            if jac:
                sersic_partials(dx, dy, cos_t, sin_t, q, Re, n, c, b, buffer)
                for m in range(8):
                    acc[m] += w * buffer[m]
            else:
                acc[0] += w * sersic_value(dx, dy, cos_t, sin_t, q, Re, n, c, b)


@_jit
def _pixel(x, y, par, b, rtol, jac, stack, buffer, acc):
    """Integrate one pixel into `acc`, splitting cells until each meets `rtol`."""
    mux, muy, cos_t, sin_t, q, Re, n, c = par
    stack[0] = (x, y, 1.0)
    top = 1
    while top:
        top -= 1
        cx, cy, h = stack[top]
        z, lnS, far = stiffness(cx - mux, cy - muy, h, cos_t, sin_t, q, Re, n, c, b)
        value = math.exp(lnS)
        if far and not jac and z * value < 12.0 * rtol * (value + FAINT):
            acc[0] += h * h * value  # one node is enough, and already known
            continue
        k = rule(z, rtol * (1.0 + FAINT / (value + 1e-300)))
        if k == 0 and h > 2.0**-MAX_DEPTH:
            for i in range(4):
                sx, sy = (i % 2) - 0.5, (i // 2) - 0.5
                stack[top] = (cx + sx * h / 2, cy + sy * h / 2, h / 2)
                top += 1
        else:
            _cell(cx, cy, h, k or 3, par, b, jac, buffer, acc)


@_jit
def extent(Re, n, rtol):
    """Return the radius beyond which the light is a hundredth of the allowed error."""
    return Re * (1.0 - math.log(0.01 * FAINT * rtol) / sersic_b(n)) ** n


@_jit
def integrate_sersic(ny, nx, mux, muy, roll, q, Re, n, c, rtol, jac):
    """Return the pixel means of a unit Sérsic profile on an (ny, nx) image.

    Parameters are those of `model.Sersic`; `rtol` is the relative error allowed in
    each pixel. The result has shape (1 or 8, ny, nx): the value and, with `jac`, the
    partials in the order `PARTIALS`.
    """
    out = np.zeros((8 if jac else 1, ny, nx))
    par = (mux, muy, math.cos(roll), math.sin(roll), q, Re, n, c)
    b = sersic_b(n)
    stack = [(0.0, 0.0, 1.0)] * (3 * MAX_DEPTH + 5)
    buffer, acc = np.zeros(8), np.zeros(8)
    reach = extent(Re, n, rtol) * max(q, 1.0) + 1.0
    for y in range(max(0, math.ceil(muy - reach)), min(ny, int(muy + reach) + 1)):
        for x in range(max(0, math.ceil(mux - reach)), min(nx, int(mux + reach) + 1)):
            acc[:] = 0.0
            _pixel(float(x), float(y), par, b, rtol, jac, stack, buffer, acc)
            out[:, y, x] = acc[: out.shape[0]]
    return out


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
def _candidates(x, y, points, every, segments, distances):
    """List the segments that may be nearest to a point within `REACH` of (x, y)."""
    for k in range(every.size):
        distances[k] = math.sqrt(_nearest(x, y, points, every[k : k + 1], 1)[0])
    closest = distances.min()
    near = np.flatnonzero(distances <= closest + 2.0 * REACH)
    segments[: near.size] = near
    return near.size, closest


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
    for m in range(6):
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

    `points` (n_points, 2) are the arm's polyline [px], `partials` (n_points, 2, 8) as
    from `spirals.log_spiral`, read with `jac` only; `spread` is the arm's Gaussian
    width [px], `rtol` the error allowed in each pixel, relative to the disk. The result
    has shape (1 or 11, ny, nx): the value and, with `jac`, the partials in the order
    `ARM_PARTIALS`.
    """
    out = np.zeros((11 if jac else 1, ny, nx))
    par = (mux, muy, math.cos(roll), math.sin(roll), q, Re)
    b = sersic_b(1.0)
    every = np.arange(points.shape[0] - 1)
    segments, distances = np.empty_like(every), np.empty(every.size)
    buffer, acc = np.zeros(8), np.zeros(11)
    for y0 in range(0, ny, TILE):
        for x0 in range(0, nx, TILE):
            cx, cy = x0 + (TILE - 1) / 2, y0 + (TILE - 1) / 2
            n, far = _candidates(cx, cy, points, every, segments, distances)
            if far - REACH > _width(spread, rtol):
                continue
            for y in range(y0, min(y0 + TILE, ny)):
                for x in range(x0, min(x0 + TILE, nx)):
                    acc[:] = 0.0
                    _arm_pixel(
                        float(x), float(y), par, b, spread, rtol, points, partials,
                        segments, n, jac, buffer, acc,
                    )  # fmt: skip
                    out[:, y, x] = acc[: out.shape[0]]
    return out


@_jit
def _width(spread, rtol):
    """Return the distance beyond which an arm is a hundredth of the allowed error."""
    return spread * math.sqrt(-2.0 * math.log(0.01 * rtol))


@_jit
def _arm_pixel(
    x, y, par, b, spread, rtol, points, partials, segments, n, jac, buffer, acc
):
    """Integrate one pixel of an arm into `acc`."""
    d2 = _nearest(x, y, points, segments, n)[0]
    if d2 > _width(spread, rtol) ** 2:
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
