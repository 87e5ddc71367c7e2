"""Freehand arm strokes, drawn with the habits and the jitter of real hands.

Strokes are made in the disk's plane: ln r (r in disk Re) against the polar angle.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import signal

from skyloom.builder.aggregation.logspiral import project
from skyloom.builder.aggregation.polylines import crosses_itself
from skyloom.builder.model import Model, Sersic, SpiralArm
from skyloom.builder.simulation import tables

FOLLOWS = 0.2  # largest median |ln r| distance of a stroke that follows an arm
MIN_POINTS = 5
_MIN_SHARE = 0.5  # of the stroke's points beside the arm
_MARGIN = 0.3  # rad of grace at an arm's ends
_LOOP_RADIUS = 0.04  # of a stroke's extent: the size of an accidental loop
_MAX_POINTS = 1500
_TRIES = 20  # draws of a stroke until it follows an arm, or none, as it should
_QUIET = 0.08  # ln r: more jitter than this is a hook at the inner end
_HOOK = 0.15  # of a stroke's sweep: the length of that hook
_WARM_UP = 300  # vertices until AR(2) noise has forgotten its start
_HAND = np.array([0.15, 0.7, 0.15])  # smoothing from one vertex to the next
_MEMORIES = np.r_[np.linspace(0, 0.99, 100), 0.995, 0.999, 0.9995]


def arm_line(arm: SpiralArm, disk: Sersic) -> tuple[float, float]:
    """Return ln r at theta = 0 and its slope: an arm is a straight line in theta."""
    return np.log(arm.A / disk.Re), np.tan(np.radians(arm.phi))


def beside_arm(log_r, theta, arm: SpiralArm, disk: Sersic):
    """Return a stroke's angles on the arm's turn and its ln r less the arm's.

    Both of shape (n,); None where the stroke does not follow the arm.
    """
    if len(log_r) < MIN_POINTS:
        return None
    middle = (arm.t_min + arm.t_max) / 2
    theta = theta - 2 * np.pi * np.round((theta.mean() - middle) / (2 * np.pi))
    start, slope = arm_line(arm, disk)
    miss = log_r - start - slope * theta
    near = (theta > arm.t_min - _MARGIN) & (theta < arm.t_max + _MARGIN)
    if near.mean() < _MIN_SHARE or np.median(np.abs(miss)) > FOLLOWS:
        return None
    return theta, miss


def wobble(
    log_r: np.ndarray,
    rms: float,
    memory: float,
    rng: np.random.Generator,
    *,
    pinned: bool = False,
) -> np.ndarray:
    """Return autoregressive jitter of ln r along a stroke, shape (n,).

    `rms` holds exactly; `memory` is the correlation of one vertex with the next.
    With `pinned` both ends stay where they are. A hand is as sure near the centre as
    far from it, so the jitter of ln r goes as 1/r.
    """
    n = len(log_r)
    jitter = (_smooth_noise if pinned else _rough_noise)(n, memory, rng)
    jitter *= np.exp(np.clip(log_r.mean() - log_r, -2, 2))
    ends = np.linspace(jitter[0], jitter[-1], n)
    jitter = jitter - ends if pinned else signal.detrend(jitter)
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
    return float(np.clip((memory + 3 / n) / max(1 - 4 / n, 0.2), 0, 0.9995))


def _measured_memories() -> tuple[np.ndarray, np.ndarray]:
    """Lag-1 correlations of smoothed AR(1) noise, and the coefficients behind them."""
    spread = np.convolve(_HAND, _HAND)
    lags = np.arange(-2, 3)
    zero = (spread * _MEMORIES[:, None] ** np.abs(lags)).sum(axis=1)
    one = (spread * _MEMORIES[:, None] ** np.abs(lags + 1)).sum(axis=1)
    return one / zero, _MEMORIES


def draw_habits(
    crowd: Mapping, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the normal scores that following and free strokes of a volunteer share.

    The first column, the number of vertices, is a habit of the hand: alike in both.
    """
    sizes = [len(crowd[name]["columns"]) for name in ("following", "free")]
    following, free = (rng.standard_normal(n) for n in sizes)
    free[0] = following[0]
    return following, free


def draw_following(
    model: Model, arm: int, crowd: Mapping, habit: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw a stroke along a seen arm: vertices (n, 2) [px].

    `crowd` is the ``strokes`` part of the parameters, `habit` from `draw_habits`.
    """
    spiral, disk = model.spiral[arm], model.disk
    for _ in range(_TRIES):
        log_r, theta = _along_arm(spiral, disk, crowd, habit, rng)
        if beside_arm(log_r, theta, spiral, disk) is not None:
            break
    points = project(np.exp(log_r) * disk.Re, theta, disk)
    return _maybe_loop(points, crowd["crosses"][1], rng)


def _along_arm(spiral: SpiralArm, disk: Sersic, crowd: Mapping, habit, rng):
    values = tables.draw(crowd["following"], rng, habit)
    start, slope = arm_line(spiral, disk)
    sense = 1.0 if slope >= 0 else -1.0
    inner, outer = np.sort([spiral.t_min * sense, spiral.t_max * sense])
    ends = np.sort([inner + values["inner"], outer + values["outer"]]) * sense
    if rng.random() > crowd["outwards"]:
        ends = ends[::-1]
    n = _count(values["points"], MIN_POINTS)
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
    hook = hook / max(hook.std(), 1e-9)
    # Mean and slope have names of their own, lift and tilt.
    jitter = signal.detrend(jitter - hook * np.sqrt(rms**2 - quiet**2))
    return jitter * rms / max(np.sqrt(np.mean(jitter**2)), 1e-9)


def draw_free(
    model: Model,
    crowd: Mapping,
    habit: np.ndarray,
    rng: np.random.Generator,
    previous: Mapping | None = None,
) -> tuple[np.ndarray, dict]:
    """Draw a stroke that follows no seen arm: vertices (n, 2) [px], and its shape.

    `previous` is the shape of the volunteer's stroke before it: with the fitted
    probability this one is its counterpart on the other side.
    """
    disk = model.disk
    for _ in range(_TRIES):
        values = _free_shape(crowd, habit, rng, previous)
        log_r, theta = _along_free(values, rng)
        if not any(beside_arm(log_r, theta, arm, disk) for arm in model.spiral):
            break
    points = project(np.exp(log_r) * disk.Re, theta, disk)
    return _maybe_loop(points, crowd["crosses"][0], rng), values


def _free_shape(crowd: Mapping, habit, rng, previous: Mapping | None) -> dict:
    values = tables.draw(crowd["free"], rng, habit)
    values["angle"] = rng.uniform(-np.pi, np.pi)
    if previous is not None and rng.random() < crowd["mirrored"]:
        values |= {k: previous[k] for k in ("start", "end", "sweep")}
        values["angle"] = previous["angle"] + np.pi
    return values


def _along_free(values: Mapping, rng):
    n = _count(values["points"], 1)
    along = _steps(n, rng)
    theta = values["angle"] + values["sweep"] * along
    log_r = values["start"] + (values["end"] - values["start"]) * along
    if n >= MIN_POINTS:
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
    if rng.random() > chance or len(points) < MIN_POINTS or crosses_itself(points):
        return points
    size = min(8, len(points) // 2)
    at = int(rng.integers(0, len(points) - size + 1))
    extent = np.ptp(points, axis=0).max()
    angle = np.linspace(0, 2.5 * np.pi, size)
    loop = np.stack([np.cos(angle), np.sin(angle)], axis=1) - (1, 0)
    looped = points.copy()
    looped[at : at + size] = points[at] + _LOOP_RADIUS * extent * loop
    return looped
