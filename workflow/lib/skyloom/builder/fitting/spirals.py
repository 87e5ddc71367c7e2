"""Logarithmic spirals in the plane of an inclined disk, as polylines on the sky.

Source: Lingard et al. 2020, ApJ 900, 178, section 3.
"""

from __future__ import annotations

import math

import numpy as np

from skyloom.builder.model import replace

N_POINTS = 100


def log_spiral(disk, arm, n_points=N_POINTS):
    """Return points of an inclined logarithmic spiral and their partials.

    The disk gives the spiral's plane, the arm ``r = A exp(theta tan phi)``. Points
    (n_points, 2) [px] are equally spaced in theta; partials (n_points, 2, 8) are with
    respect to mux, muy, roll, q, A, phi [per deg], t_min, t_max.
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
