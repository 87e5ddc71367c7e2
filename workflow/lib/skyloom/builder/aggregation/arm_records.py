"""Arms as model parameters with priors, and as records for catalogues.

An arm's measured priors are, like those of the disk, the scatter of single volunteers
and not the error of their mean: a drawn line need not follow the ridge of the light,
nor end where it ends, however many agree. The record's errors are standard errors.

Source: Lingard et al. 2021, MNRAS 504, 3364, section 2.2.
"""

from __future__ import annotations

import math

import numpy as np

from skyloom.builder.aggregation import logspiral, robust
from skyloom.builder.aggregation.arms import Arm, Plane, refit, spiral_polar, stacked
from skyloom.builder.aggregation.clusters import support
from skyloom.builder.aggregation.outliers import inliers_without
from skyloom.builder.aggregation.polylines import length
from skyloom.builder.config import ArmSettings
from skyloom.builder.model import Sersic, SpiralArm, replace

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
_TEAMS = 12


def covariance(arm: Arm, plane: Plane, method: str) -> dict[str, np.ndarray]:
    """Return the covariance of (ln A, b) in parts that add up, by their cause.

    ``lines`` is a jackknife over volunteers, dealt into at most 12 teams to bound the
    work, that repeats the cleaning, the weighting and the fit. ``disk`` is the response
    of the fit to one standard error of each `PLANE` parameter. ``rule`` is the square
    of the bias of the published way, the distance to the robust fit, and of the robust
    fit the square of what is not known of its bias.
    """
    points, line, drawer = stacked(arm.strokes)
    team = np.unique(drawer, return_inverse=True)[1] % _TEAMS
    if method == "published":
        rows = inliers_without(points, line, team)
        bias = arm.spiral.coef - refit(arm, plane, "robust")
    else:
        rows = team != np.arange(team.max() + 1)[:, None]
        bias = robust.unknown(arm.spiral.coef, arm.theta, arm.weight)
    coefs = [refit(arm, plane, method, row) for row in rows if row.sum() > 2]
    shifts = [_response(arm, plane, method, k) for k in PLANE if plane.errors.get(k)]
    return {
        "lines": logspiral.jackknife_covariance(np.array(coefs)),
        "disk": sum((np.outer(s, s) for s in shifts), np.zeros((2, 2))),
        "rule": np.outer(bias, bias),
    }


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
        Uses `method`.

    Returns
    -------
    part : SpiralArm
        With placeholder brightness and spread.
    errors : dict
        Prior widths of A [px], phi [deg], t_min and t_max [rad]; None: no prior. That
        of A holds for the radius at the angle ``pivot`` [rad], relative to it.
    record : dict
        JSON-plain: pitch angle [deg] with its error and that of each cause, ``dof``
        of the part of the lines, chirality, support, points and more.
    """
    parts = covariance(arm, plane, settings.method)
    amplitude = math.exp(arm.spiral.coef[0]) * plane.width
    phi = logspiral.pitch_angle(arm.spiral.coef[1])
    part = SpiralArm(BRIGHTNESS, SPREAD, amplitude, phi, *arm.extent)
    errors = dict(PUBLISHED_PRIORS)
    if settings.method == "crowd":
        errors = _measured(arm, amplitude, parts)
    volunteers = {s.volunteer for s in arm.strokes}
    total, own = sum(parts.values()), parts["lines"] + parts["rule"]
    path = logspiral.project(*spiral_polar(arm, plane), plane.disk)
    record = _pitch(float(arm.spiral.coef[1]), parts) | {
        "A": amplitude,
        "coef": arm.spiral.coef.tolist(),
        "covariance": total.tolist() if np.isfinite(total).all() else None,
        "covariance_own": own.tolist() if np.isfinite(own).all() else None,
        "method": settings.method,
        "covariance_points": arm.spiral.covariance.tolist(),
        "score": arm.spiral.score,
        "length": length(path),
        "t_min": part.t_min,
        "t_max": part.t_max,
        "dof": min(len(volunteers), _TEAMS) - 1,
        "support": support(len(volunteers), n_volunteers),
        "n_lines": len(arm.strokes),
        "n_points": len(arm.kept),
        "n_kept": int(arm.kept.sum()),
        "lines": [[s.volunteer, s.index] for s in arm.strokes],
    }
    columns = {"r": arm.r * plane.width, "theta": arm.theta}
    columns |= {"weight": arm.weight, "line": arm.line}
    points = {name: values.tolist() for name, values in columns.items()}
    return part, errors, record | {"points": points}


def replaned(record: dict, old: Sersic, new: Sersic) -> dict:
    """Return an arm's spiral in the plane of another disk, such as the fitted one.

    The weights of the points stay, so that the work is that of one straight line; what
    the error of the disk adds is the difference between two calls.

    Parameters
    ----------
    record : dict
        Of ``arms`` or ``candidates`` of an aggregate.
    old, new : Sersic
        The disk of the aggregate's model, and the other one.

    Returns
    -------
    dict
        ``A`` [px], ``phi`` [deg], ``t_min`` and ``t_max`` [rad] as of `SpiralArm`;
        ``coef``, ln A (of A in px) and b; and their ``covariance`` (2, 2) without the
        disk's part, None where not known.
    """
    names = ("r", "theta", "weight", "line")
    r, theta, weight, line = (np.array(record["points"][k], float) for k in names)
    ends = np.array([record["t_min"], record["t_max"]])
    at = np.log(record["A"]) + np.tan(np.radians(_signed(record))) * ends
    r, turned = logspiral.deproject(logspiral.project(r, theta, old), new)
    turned = logspiral.unwrap(turned, line)
    turns = np.round(np.median(theta - turned) / (2 * np.pi))
    turned = turned + 2 * np.pi * turns
    coef = robust.straight(turned, np.log(np.maximum(r, 1e-6)), weight)
    if record["method"] == "crowd":
        coef = robust.steeper(coef, turned, weight)
    angles = logspiral.deproject(logspiral.project(np.exp(at), ends, old), new)[1]
    angles = angles + 2 * np.pi * np.round((ends - angles) / (2 * np.pi))
    return {
        "A": math.exp(coef[0]),
        "phi": logspiral.pitch_angle(coef[1]),
        "t_min": float(angles[0]),
        "t_max": float(angles[1]),
        "coef": coef.tolist(),
        "covariance": record["covariance_own"],
    }


def _signed(record: dict) -> float:
    return record["chirality"] * record["pitch_angle"]


def galaxy_pitch_angle(records: list[dict]) -> float | None:
    """Return the length-weighted mean pitch angle of arms [deg], None without arms."""
    if not records:
        return None
    angles = [arm["pitch_angle"] for arm in records]
    return float(np.average(angles, weights=[arm["length"] for arm in records]))


def _response(arm: Arm, plane: Plane, method: str, name: str) -> np.ndarray:
    """Return how the coefficients move with one standard error of the plane."""
    ends = []
    for sign in (-1, 1):
        value = getattr(plane.disk, name) + sign * plane.errors[name]
        value = max(value, _LEAST_Q) if name == "q" else value
        disk = replace(plane.disk, **{name: value})
        ends.append(refit(arm, replace(plane, disk=disk), method))
    return (ends[1] - ends[0]) / 2


def _measured(arm: Arm, amplitude: float, parts: dict) -> dict:
    """Return the prior widths of an arm: the scatter of single volunteers."""
    drawer = np.array([s.volunteer for s in arm.strokes])
    total = parts["lines"] * len(np.unique(drawer)) + parts["rule"]
    pivot, radius, slope = _uncorrelated(total)
    angles = [arm.theta[drawer[arm.line] == k] for k in np.unique(drawer[arm.line])]
    ends = [(own.min(), own.max()) for own in angles]
    low, high = np.std(ends, axis=0, ddof=1) if len(ends) > 1 else (math.inf,) * 2
    phi = logspiral.pitch_angle_error(arm.spiral.coef[1], slope)
    values = {"A": amplitude * radius, "phi": phi, "t_min": low, "t_max": high}
    finite = {k: _finite(v) for k, v in values.items()}
    return finite | {"spread": None, "pivot": pivot}


def _uncorrelated(total: np.ndarray) -> tuple[float, float, float]:
    """Return the angle where ln r is independent of the slope b, and both widths."""
    (a, c), (_, b) = total
    if not (np.isfinite(total).all() and b > 0):
        return 0.0, math.inf, math.inf
    return -c / b, math.sqrt(max(a - c * c / b, 0.0)), math.sqrt(b)


def _finite(value: float, zero: float | None = None) -> float | None:
    """Return a number, None where infinite, and `zero` where it is 0."""
    if not math.isfinite(value):
        return None
    return float(value) if value > 0 else zero


def _pitch(b: float, parts: dict) -> dict:
    angles = {
        name: logspiral.pitch_angle_error(b, math.sqrt(part[1, 1]))
        for name, part in parts.items()
    }
    errors = {f"pitch_angle_err_{k}": _finite(v, zero=0.0) for k, v in angles.items()}
    return errors | {
        "pitch_angle": abs(logspiral.pitch_angle(b)),
        "pitch_angle_err": _finite(math.hypot(*angles.values())),
        "chirality": 1 if b > 0 else -1,
    }
