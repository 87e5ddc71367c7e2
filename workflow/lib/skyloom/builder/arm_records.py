"""Arms as model parameters with errors, and as records for catalogues.

The errors differ in kind. Those of A and phi are standard errors of the fitted spiral;
those of t_min and t_max are the scatter of the line ends, because where an arm ends is
a matter of judgement that more volunteers do not settle.

Source: Lingard et al. 2021, MNRAS 504, 3364, section 2.2.
"""

from __future__ import annotations

import math

import numpy as np

from skyloom.builder import logspiral
from skyloom.builder.arms import (
    Arm,
    ArmSettings,
    Plane,
    extent,
    refit,
    spiral_polar,
    stacked,
)
from skyloom.builder.clusters import support
from skyloom.builder.model import SpiralArm, replace
from skyloom.builder.outliers import inliers_without
from skyloom.builder.polylines import length

BRIGHTNESS, SPREAD = 0.1, 3.0
PUBLISHED_PRIORS = {
    "A": 0.01,
    "phi": 1.0,
    "t_min": math.radians(0.5),
    "t_max": math.radians(0.5),
    "spread": None,
}
PLANE = ("mux", "muy", "roll", "q")
_LEAST_Q = 0.05


def covariance(
    arm: Arm, plane: Plane, settings: ArmSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Return the covariance of (ln A, b) from the lines and from the disk's plane.

    The part of the lines is a jackknife over volunteers that repeats the cleaning, the
    weighting and the fit. The part of the plane is the response of the fit to one
    standard error of each `PLANE` parameter. They add up.

    Parameters
    ----------
    arm : Arm
        A fitted arm.
    plane : Plane
        With its errors.
    settings : ArmSettings
        As for the fit.

    Returns
    -------
    lines, plane : ndarray, shape (2, 2)
    """
    points, line, drawer = stacked(arm.strokes)
    rows = inliers_without(points, line, drawer, settings.neighbours)
    coefs = [refit(arm, plane, settings, row) for row in rows if row.sum() > 2]
    own = logspiral.jackknife_covariance(np.array(coefs))
    shifts = [_response(arm, plane, settings, k) for k in PLANE if plane.errors.get(k)]
    return own, sum((np.outer(s, s) for s in shifts), np.zeros((2, 2)))


def describe(
    arm: Arm, plane: Plane, n_volunteers: int, settings: ArmSettings
) -> tuple[SpiralArm, dict, dict]:
    """Return an arm as model parameters, their errors, and a record of its fit.

    Parameters
    ----------
    arm : Arm
        A fitted arm.
    plane : Plane
        The disk's plane.
    n_volunteers : int
        All volunteers who were asked, for the support.
    settings : ArmSettings
        Uses `theta_percentiles` and `priors`.

    Returns
    -------
    part : SpiralArm
        With placeholder brightness and spread.
    errors : dict
        Prior widths of A [px], phi [deg], t_min and t_max [rad]; None: no prior.
    record : dict
        JSON-plain: pitch angle [deg] with error, chirality, support, points and more.
    """
    own, of_plane = covariance(arm, plane, settings)
    start, end = extent(arm, settings)
    amplitude = math.exp(arm.spiral.coef[0]) * plane.width
    phi = logspiral.pitch_angle(arm.spiral.coef[1])
    part = SpiralArm(BRIGHTNESS, SPREAD, amplitude, phi, start, end)
    errors = dict(PUBLISHED_PRIORS)
    if settings.priors == "measured":
        errors = _measured(arm, amplitude, own + of_plane)
    record = _record(arm, plane, settings, own, of_plane)
    names = {s.volunteer for s in arm.strokes}
    return part, errors, record | {"support": support(len(names), n_volunteers)}


def galaxy_pitch_angle(records: list[dict]) -> float | None:
    """Return the length-weighted mean pitch angle of arms [deg], None without arms."""
    if not records:
        return None
    angles = [arm["pitch_angle"] for arm in records]
    return float(np.average(angles, weights=[arm["length"] for arm in records]))


def _response(arm, plane, settings, name: str) -> np.ndarray:
    """Return how the coefficients move with one standard error of the plane."""
    ends = []
    for sign in (-1, 1):
        value = getattr(plane.disk, name) + sign * plane.errors[name]
        value = max(value, _LEAST_Q) if name == "q" else value
        disk = replace(plane.disk, **{name: value})
        ends.append(refit(arm, replace(plane, disk=disk), settings))
    return (ends[1] - ends[0]) / 2


def _measured(arm: Arm, amplitude: float, total: np.ndarray) -> dict:
    b = arm.spiral.coef[1]
    ends = [(own.min(), own.max()) for own in _angles_by_line(arm)]
    low, high = np.std(ends, axis=0, ddof=1) if len(ends) > 1 else (math.inf,) * 2
    values = {
        "A": amplitude * math.sqrt(total[0, 0]),
        "phi": logspiral.pitch_angle_error(b, math.sqrt(total[1, 1])),
        "t_min": low,
        "t_max": high,
    }
    return {k: _finite(v) for k, v in values.items()} | {"spread": None}


def _angles_by_line(arm: Arm) -> list[np.ndarray]:
    return [arm.theta[arm.line == k] for k in np.unique(arm.line)]


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) and value > 0 else None


def _record(arm, plane, settings, own, of_plane) -> dict:
    total = own + of_plane
    spiral = _pitch(arm, own, of_plane) | {
        "A": math.exp(arm.spiral.coef[0]) * plane.width,
        "coef": arm.spiral.coef.tolist(),
        "covariance": total.tolist() if np.isfinite(total).all() else None,
        "covariance_points": arm.spiral.covariance.tolist(),
        "score": arm.spiral.score,
    }
    return spiral | _reach(arm, plane, settings) | _lines(arm, plane)


def _pitch(arm, own, of_plane) -> dict:
    b = float(arm.spiral.coef[1])
    total, lines, disk = (
        _finite(logspiral.pitch_angle_error(b, math.sqrt(part[1, 1])))
        for part in (own + of_plane, own, of_plane)
    )
    return {
        "pitch_angle": abs(logspiral.pitch_angle(b)),
        "pitch_angle_err": total,
        "pitch_angle_err_lines": lines,
        "pitch_angle_err_disk": disk or 0.0,
        "chirality": 1 if b > 0 else -1,
    }


def _reach(arm, plane, settings) -> dict:
    r, theta = spiral_polar(arm, plane, settings)
    flat = np.column_stack([r * np.cos(theta), r * np.sin(theta)])
    start, end = extent(arm, settings)
    return {
        "length": length(logspiral.project(r, theta, plane.disk)),
        "length_deprojected": length(flat),
        "t_min": start,
        "t_max": end,
    }


def _lines(arm, plane) -> dict:
    return {
        "n_lines": len(arm.strokes),
        "n_points": len(arm.kept),
        "n_kept": int(arm.kept.sum()),
        "lines": [[s.volunteer, s.index] for s in arm.strokes],
        "points": {
            "r": (arm.r * plane.width).tolist(),
            "theta": arm.theta.tolist(),
            "weight": arm.weight.tolist(),
            "line": arm.line.tolist(),
        },
    }
