"""Freehand arm strokes, measured against the arms the crowd sees.

Everything happens in the disk's plane: ln r (r in disk Re) against the polar angle.
A stroke either follows one of the seen arms (`arm` >= 0) or is free (`arm` = -1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skyloom.builder.aggregation.logspiral import deproject
from skyloom.builder.aggregation.polylines import crosses_itself
from skyloom.builder.model import Model, Sersic, SpiralArm
from skyloom.builder.simulation.strokes import MIN_POINTS, arm_line, beside_arm


@dataclass(frozen=True)
class Stroke:
    """One measured stroke.

    Attributes
    ----------
    arm : int
        Index of the seen arm that it follows, or -1.
    values : dict of str to float
        ``points`` ln of the number of vertices, ``length`` ln of its length in disk
        Re on the sky, ``crosses`` 1 when it crosses itself, ``angle`` polar angle of
        its start [rad]; then those of `follow` or `_free`. NaN in strokes of one
        or two vertices where a value has no meaning.
    """

    arm: int
    values: dict[str, float]


def to_polar(points: np.ndarray, disk: Sersic) -> tuple[np.ndarray, np.ndarray]:
    """Return ln r (r in disk Re) and theta [rad] of sky points (n, 2) [px]."""
    r, theta = deproject(points, disk)
    return np.log(np.maximum(r / disk.Re, 1e-3)), np.unwrap(theta)


def measure_stroke(points: np.ndarray, model: Model) -> Stroke:
    """Measure one stroke against the arms of the seen galaxy.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Vertices [px].
    model : Model
        The seen galaxy: a disk and `SpiralArm` arms.
    """
    log_r, theta = to_polar(points, model.disk)
    step = np.hypot(*np.diff(points, axis=0).T)
    common = {
        "points": float(np.log(len(points))),
        "length": float(np.log(max(step.sum() / model.disk.Re, 1e-3))),
        "crosses": float(crosses_itself(points)),
        "angle": float(theta[0]),
    }
    fits = [follow(log_r, theta, arm, model.disk) for arm in model.spiral]
    close = [(f["miss"], i) for i, f in enumerate(fits) if f is not None]
    if close:
        arm = min(close)[1]
        return Stroke(arm, common | fits[arm])
    return Stroke(-1, common | _free(log_r, theta))


def follow(log_r, theta, arm: SpiralArm, disk: Sersic) -> dict | None:
    """Return the differences of a stroke from an arm, None when it does not follow.

    ``inner, outer``: how far the stroke's ends lie beyond the arm's, as polar angle
    along the arm, outwards positive [rad]; ``lift``, ``tilt``: mean and slope of the
    ln r difference; ``jitter``, ``memory``: rms and lag-1 correlation about that;
    ``outwards`` 1 when drawn from the centre out.
    """
    beside = beside_arm(log_r, theta, arm, disk)
    if beside is None:
        return None
    theta, miss = beside
    sense = 1.0 if arm_line(arm, disk)[1] >= 0 else -1.0
    low, high = np.sort([theta[0] * sense, theta[-1] * sense])
    inner, outer = np.sort([arm.t_min * sense, arm.t_max * sense])
    lift, tilt, rest = _line(theta - (arm.t_min + arm.t_max) / 2, miss)
    return {
        "miss": float(np.median(np.abs(miss))),
        "inner": float(low - inner),
        "outer": float(high - outer),
        "lift": lift,
        "tilt": tilt,
        "outwards": float((theta[-1] - theta[0]) * sense > 0),
    } | _noise(rest)


def _free(log_r, theta) -> dict:
    """``start, end`` ln r of the ends; ``sweep`` theta turned through; the noise."""
    sweep = float(theta[-1] - theta[0])
    found = {"start": float(log_r[0]), "end": float(log_r[-1]), "sweep": sweep}
    along = np.linspace(0, 1, len(log_r))
    return found | _noise(log_r - log_r[0] - (log_r[-1] - log_r[0]) * along)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Mean, slope and residual of a straight line (slope 0 when x hardly varies)."""
    centred = x - x.mean()
    spread = np.sum(centred**2)
    slope = np.sum(centred * y) / spread if spread > 1e-3 * len(x) else 0.0
    return float(y.mean()), float(slope), y - y.mean() - slope * centred


def _noise(rest: np.ndarray) -> dict[str, float]:
    if len(rest) < MIN_POINTS:
        return {"jitter": np.nan, "memory": np.nan}
    power = np.mean(rest**2)
    lagged = np.sum(rest[1:] * rest[:-1]) / max(power * len(rest), 1e-12)
    jitter = np.log(max(np.sqrt(power), 1e-4))
    return {"jitter": float(jitter), "memory": float(np.clip(lagged, 0, 0.999))}
