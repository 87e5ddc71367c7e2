"""Freehand arm strokes, measured against the arms the crowd sees.

Everything happens in the disk's plane: ln r (r in disk Re) against the polar angle.
A stroke either follows one of the seen arms (`arm` >= 0) or is free (`arm` = -1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyloom.builder.aggregation.polylines import crosses_itself
from skyloom.builder.model import Model, Sersic, SpiralArm

FOLLOWS = 0.2  # largest median |ln r| distance of a stroke that follows an arm
MIN_POINTS = 5
_MIN_SHARE = 0.5  # of the stroke's points beside the arm
_MARGIN = 0.3  # rad of grace at an arm's ends


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
    """Return (ln r, theta) in the disk's plane of sky points.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        ``(x, y)`` [px].

    Returns
    -------
    log_r, theta : ndarray, shape (n,)
        r in units of the disk's Re; theta unwrapped [rad].
    """
    dx, dy = (points - (disk.mux, disk.muy)).T
    u = (np.cos(disk.roll) * dx + np.sin(disk.roll) * dy) / disk.q
    v = -np.sin(disk.roll) * dx + np.cos(disk.roll) * dy
    r = np.maximum(np.hypot(u, v) / disk.Re, 1e-3)
    return np.log(r), np.unwrap(np.arctan2(v, u))


def from_polar(log_r: np.ndarray, theta: np.ndarray, disk: Sersic) -> np.ndarray:
    """Return the sky points ``(x, y)`` [px], shape (n, 2): `to_polar` undone."""
    r = np.exp(log_r) * disk.Re
    u, v = disk.q * r * np.cos(theta), r * np.sin(theta)
    x = np.cos(disk.roll) * u - np.sin(disk.roll) * v + disk.mux
    y = np.sin(disk.roll) * u + np.cos(disk.roll) * v + disk.muy
    return np.stack([x, y], axis=1)


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


def arm_line(arm: SpiralArm, disk: Sersic) -> tuple[float, float]:
    """Return ln r at theta = 0 and its slope: an arm is a line in `to_polar`."""
    return np.log(arm.A / disk.Re), np.tan(np.radians(arm.phi))


def follow(log_r, theta, arm: SpiralArm, disk: Sersic) -> dict | None:
    """Return the differences of a stroke from an arm, None when it does not follow.

    ``inner, outer``: how far the stroke's ends lie beyond the arm's, as polar angle
    along the arm, outwards positive [rad]; ``lift``, ``tilt``: mean and slope of the
    ln r difference; ``jitter``, ``memory``: rms and lag-1 correlation about that;
    ``outwards`` 1 when drawn from the centre out.
    """
    if len(log_r) < MIN_POINTS:
        return None
    middle = (arm.t_min + arm.t_max) / 2
    theta = theta - 2 * np.pi * np.round((theta.mean() - middle) / (2 * np.pi))
    start, slope = arm_line(arm, disk)
    miss = log_r - start - slope * theta
    beside = (theta > arm.t_min - _MARGIN) & (theta < arm.t_max + _MARGIN)
    typical = float(np.median(np.abs(miss)))
    if beside.mean() < _MIN_SHARE or typical > FOLLOWS:
        return None
    sense = 1.0 if slope >= 0 else -1.0
    low, high = np.sort([theta[0] * sense, theta[-1] * sense])
    inner, outer = np.sort([arm.t_min * sense, arm.t_max * sense])
    lift, tilt, rest = _line(theta - middle, miss)
    return {
        "miss": typical,
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
