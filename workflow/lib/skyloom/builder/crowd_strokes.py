"""Freehand arm strokes: measured against the arms the crowd sees, and drawn.

Everything happens in the disk's plane: ln r (r in disk Re) against the polar angle.
A stroke either follows one of the seen arms (`arm` >= 0) or is free (`arm` = -1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import signal
from shapely.geometry import LineString

from skyloom.builder import crowd_tables as tables
from skyloom.builder.model import Model, Sersic, SpiralArm

FOLLOWS = 0.2  # largest median |ln r| distance of a stroke that follows an arm
_MIN_POINTS = 5
_MIN_SHARE = 0.5  # of the stroke's points beside the arm
_MARGIN = 0.3  # rad of grace at an arm's ends
_LOOP_RADIUS = 0.04  # of a stroke's extent: the size of an accidental loop
_MAX_POINTS = 1500
_TRIES = 20  # draws of a stroke until it follows an arm, or none, as it should
_QUIET = 0.15  # ln r: more jitter than this is a hook at the inner end
_HOOK = 0.1  # of a stroke's sweep: the length of that hook
_WARM_UP = 300
_HAND = np.array([0.15, 0.7, 0.15])
_MEMORIES = np.r_[np.linspace(0, 0.99, 100), 0.995, 0.999, 0.9995]


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
        its start [rad]; then those of `_follow` or `_free`. NaN in strokes of one
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
        "crosses": float(crosses(points)),
        "angle": float(theta[0]),
    }
    fits = [_follow(log_r, theta, arm, model.disk) for arm in model.spiral]
    close = [(f["miss"], i) for i, f in enumerate(fits) if f is not None]
    if close:
        arm = min(close)[1]
        return Stroke(arm, common | fits[arm])
    return Stroke(-1, common | _free(log_r, theta))


def crosses(points: np.ndarray) -> bool:
    """Tell whether a polyline crosses itself."""
    return len(points) > 2 and not LineString(points).is_simple


def _arm_line(arm: SpiralArm, disk: Sersic) -> tuple[float, float]:
    return np.log(arm.A / disk.Re), np.tan(np.radians(arm.phi))


def _follow(log_r, theta, arm: SpiralArm, disk: Sersic) -> dict | None:
    """Differences of a stroke from an arm, or None when it does not follow it.

    ``inner, outer``: how far the stroke's ends lie beyond the arm's, as polar angle
    along the arm, outwards positive [rad]; ``lift``, ``tilt``: mean and slope of the
    ln r difference; ``jitter``, ``memory``: rms and lag-1 correlation about that;
    ``outwards`` 1 when drawn from the centre out.
    """
    if len(log_r) < _MIN_POINTS:
        return None
    middle = (arm.t_min + arm.t_max) / 2
    theta = theta - 2 * np.pi * np.round((theta.mean() - middle) / (2 * np.pi))
    start, slope = _arm_line(arm, disk)
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
    if len(rest) < _MIN_POINTS:
        return {"jitter": np.nan, "memory": np.nan}
    power = np.mean(rest**2)
    lagged = np.sum(rest[1:] * rest[:-1]) / max(power * len(rest), 1e-12)
    jitter = np.log(max(np.sqrt(power), 1e-4))
    return {"jitter": float(jitter), "memory": float(np.clip(lagged, 0, 0.999))}


def wobble(
    log_r: np.ndarray,
    rms: float,
    memory: float,
    rng: np.random.Generator,
    *,
    pinned: bool = False,
) -> np.ndarray:
    """Return AR(1) jitter along a stroke, shape (n,), with exactly this rms.

    Parameters
    ----------
    log_r : ndarray, shape (n,)
        ln r along the stroke: a hand is as sure near the centre as far from it, so
        the jitter of ln r goes as 1/r.
    rms : float
        Root mean square of the jitter of ln r.
    memory : float
        Correlation of one vertex with the next, 0 to 1, as `measure_stroke` finds it.
    rng : numpy.random.Generator
        Chance.
    pinned : bool
        Leave both ends where they are.
    """
    n = len(log_r)
    jitter = (_smooth_noise if pinned else _rough_noise)(n, memory, rng)
    jitter *= np.exp(np.clip(log_r.mean() - log_r, -2, 2))
    ends = np.linspace(jitter[0], jitter[-1], n)
    jitter = jitter - (ends if pinned else jitter.mean())
    return jitter * rms / max(np.sqrt(np.mean(jitter**2)), 1e-9)


def _rough_noise(n: int, memory: float, rng) -> np.ndarray:
    """AR(1) noise, smoothed from one vertex to the next as by a hand (`_HAND`)."""
    memory = float(np.interp(_unbiased(memory, n), *_measured_memories()))
    noise = rng.standard_normal(n + 2) * np.sqrt(1 - memory**2)
    noise[0] = rng.standard_normal()
    jitter = signal.lfilter([1.0], [1.0, -memory], noise)
    return np.convolve(jitter, _HAND, mode="valid")


def _smooth_noise(n: int, memory: float, rng) -> np.ndarray:
    """AR(2) noise of a double root: the wandering of strokes that follow nothing.

    Its correlation at lag k is ``(1 + k (1 - a^2) / (1 + a^2)) a^k`` (Box & Jenkins
    1976, section 3.2.4); real strokes at lags 1, 2 and 5 agree with it.
    """
    roots = _MEMORIES[1:]
    lag_one = (1 + (1 - roots**2) / (1 + roots**2)) * roots
    a = float(np.interp(_unbiased(memory, n), lag_one, roots))
    noise = rng.standard_normal(n + _WARM_UP)
    return signal.lfilter([1.0], [1.0, -2 * a, a * a], noise)[-n:]


def _unbiased(memory: float, n: int) -> float:
    """Undo the loss of lag-1 correlation that taking off a mean of n causes.

    Source: Kendall 1954, Biometrika 41, 403.
    """
    return float(np.clip((memory + 2 / n) / max(1 - 4 / n, 0.2), 0, 0.9995))


def _measured_memories() -> tuple[np.ndarray, np.ndarray]:
    """Lag-1 correlations of smoothed AR(1) noise, and the coefficients behind them."""
    spread = np.convolve(_HAND, _HAND)
    lags = np.arange(-2, 3)
    zero = (spread * _MEMORIES[:, None] ** np.abs(lags)).sum(axis=1)
    one = (spread * _MEMORIES[:, None] ** np.abs(lags + 1)).sum(axis=1)
    return one / zero, _MEMORIES


def draw_following(
    model: Model, arm: int, crowd: Mapping, rng: np.random.Generator
) -> np.ndarray:
    """Draw a stroke along a seen arm.

    Parameters
    ----------
    model : Model
        The seen galaxy.
    arm : int
        Which of its arms.
    crowd : mapping
        The ``strokes`` part of the crowd's parameters.

    Returns
    -------
    ndarray, shape (n, 2)
        Vertices [px].
    """
    spiral, disk = model.spiral[arm], model.disk
    for _ in range(_TRIES):
        log_r, theta = _along_arm(spiral, disk, crowd, rng)
        if _follow(log_r, theta, spiral, disk) is not None:
            break
    return _maybe_loop(from_polar(log_r, theta, disk), crowd["crosses"][1], rng)


def _along_arm(spiral: SpiralArm, disk: Sersic, crowd: Mapping, rng):
    values = tables.draw(crowd["following"], rng)
    start, slope = _arm_line(spiral, disk)
    sense = 1.0 if slope >= 0 else -1.0
    inner, outer = np.sort([spiral.t_min * sense, spiral.t_max * sense])
    ends = np.sort([inner + values["inner"], outer + values["outer"]]) * sense
    if rng.random() > crowd["outwards"]:
        ends = ends[::-1]
    n = _count(values["points"], _MIN_POINTS)
    theta = ends[0] + (ends[1] - ends[0]) * _steps(n, rng)
    log_r = start + slope * theta + values["lift"]
    log_r += values["tilt"] * (theta - theta.mean())
    return log_r + _hand(log_r, sense * theta, values, rng), theta


def _hand(log_r, outwards, values: Mapping, rng) -> np.ndarray:
    """Jitter of a following stroke: beyond `_QUIET`, a hook into the centre.

    Strokes that follow an arm closely and yet have a large rms start (or end) at the
    galaxy's nucleus and swing out to the arm.
    """
    rms = np.exp(values["jitter"])
    quiet = min(rms, _QUIET)
    jitter = wobble(log_r, quiet, values["memory"], rng)
    span = max(np.ptp(outwards), 1e-6)
    hook = np.exp(-(outwards - outwards.min()) / (_HOOK * span))
    hook = (hook - hook.mean()) / max(hook.std(), 1e-9)
    return jitter - hook * np.sqrt(rms**2 - quiet**2)


def draw_free(
    model: Model,
    crowd: Mapping,
    rng: np.random.Generator,
    previous: Mapping | None = None,
) -> tuple[np.ndarray, dict]:
    """Draw a stroke that follows no seen arm.

    Parameters
    ----------
    model : Model
        The seen galaxy.
    crowd : mapping
        The ``strokes`` part of the crowd's parameters.
    previous : mapping, optional
        The shape of the volunteer's stroke before it: with the fitted probability
        this one is its counterpart on the other side.

    Returns
    -------
    points : ndarray, shape (n, 2)
        Vertices [px].
    shape : dict
        The stroke's shape, for the next one's `previous`.
    """
    disk = model.disk
    for _ in range(_TRIES):
        values = _free_shape(crowd, rng, previous)
        log_r, theta = _along_free(values, rng)
        if not any(_follow(log_r, theta, arm, disk) for arm in model.spiral):
            break
    points = from_polar(log_r, theta, disk)
    return _maybe_loop(points, crowd["crosses"][0], rng), values


def _free_shape(crowd: Mapping, rng, previous: Mapping | None) -> dict:
    values = tables.draw(crowd["free"], rng) | {"angle": rng.uniform(-np.pi, np.pi)}
    if previous is not None and rng.random() < crowd["mirrored"]:
        values |= {k: previous[k] for k in ("start", "end", "sweep")}
        values["angle"] = previous["angle"] + np.pi
    return values


def _along_free(values: Mapping, rng):
    n = _count(values["points"], 1)
    along = _steps(n, rng)
    theta = values["angle"] + values["sweep"] * along
    log_r = values["start"] + (values["end"] - values["start"]) * along
    if n >= _MIN_POINTS:
        rms, memory = np.exp(values["jitter"]), values["memory"]
        log_r = log_r + wobble(log_r, rms, memory, rng, pinned=True)
    return log_r, theta


def _count(log_points: float, least: int) -> int:
    return int(np.clip(round(np.exp(log_points)), least, _MAX_POINTS))


def _steps(n: int, rng: np.random.Generator) -> np.ndarray:
    """Positions of n vertices along a stroke, from 0 to 1, unevenly spaced."""
    gaps = rng.gamma(2.0, size=max(n - 1, 1))
    along = np.r_[0.0, np.cumsum(gaps)] / gaps.sum()
    return along[:n]


def _maybe_loop(points: np.ndarray, chance: float, rng) -> np.ndarray:
    """Put an accidental loop into a stroke, at the fitted rate of self-crossings."""
    if rng.random() > chance or len(points) < _MIN_POINTS or crosses(points):
        return points
    size = min(8, len(points) // 2)
    at = int(rng.integers(0, len(points) - size + 1))
    extent = np.ptp(points, axis=0).max()
    angle = np.linspace(0, 2.5 * np.pi, size)
    loop = np.stack([np.cos(angle), np.sin(angle)], axis=1) - (1, 0)
    looped = points.copy()
    looped[at : at + size] = points[at] + _LOOP_RADIUS * extent * loop
    return looped
