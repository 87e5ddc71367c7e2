"""Volunteers that draw round the arms and bar of a simulated galaxy, with their errors.

A volunteer is careful or not, which shows in all that they draw. What they draw is in
canvas coordinates (`skyloom.spirals.geometry.Canvas`), as GZ3D's files have it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.signal import lfilter
from scipy.special import expit

from skyloom.run.seeds import rng
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.segmaps.marks import Drawing
from skyloom.spirals.simulation.galaxy import (
    ARM_WIDTHS,
    Arm,
    Galaxy,
    bar_truth,
    ridge,
    width,
)
from skyloom.spirals.simulation.noise import constants
from skyloom.spirals.simulation.votes import visible

STEP = 4.0  # px between what an outline's scatter is drawn for
FEWEST, MOST = 14, 548  # vertices of a freehand stroke


def drawings(
    kind: str, galaxy: Galaxy, canvas: Canvas, number: int, seed: int, name: str
) -> tuple[Drawing, ...]:
    """Return what volunteers draw, () of those who draw nothing.

    Parameters
    ----------
    kind : str
        ``spiral``: round the arms, or ``bar``.
    galaxy : Galaxy
        What there is.
    canvas : Canvas
        The picture, with the galaxy in its middle.
    number : int
        How many volunteers are asked.
    seed, name
        Of the random numbers.
    """
    both = visible(galaxy)
    draw, seen = (_arms, both.arms) if kind == "spiral" else (_bar, both.bar)
    draws = (rng(seed, kind, name, i) for i in range(number))
    return tuple(draw(galaxy, seen, canvas, r) for r in draws)


def _draws(seen: float, care: float, r) -> bool:
    """Return whether a volunteer draws; one in twelve draws what is not there."""
    return bool(r.random() < 0.08 + 0.9 * expit(seen + constants()["skill"] * care))


def _arms(galaxy: Galaxy, seen: float, canvas: Canvas, r) -> Drawing:
    noise, care = constants(), r.normal()
    if not _draws(seen, care, r):
        return ()
    kind, middle = r.random(), canvas.size / 2
    off = r.normal(0, noise["centre"], 2) + middle
    if kind < noise["click"]:
        return (r.normal(middle, 40, (1, 2)),)
    arms = galaxy.arms or _imagined(galaxy, r)
    if kind < noise["click"] + noise["whole"]:
        return (_outline(galaxy, arms, canvas, off, r),)
    wide = noise["width"] * r.lognormal(0, noise["width_scatter"])
    missed = noise["arm_missed"] * np.exp(-0.3 * care)
    drawn = [arm for arm in arms if r.random() > missed / max(arm.contrast, 0.3)]
    drawn = drawn or [max(arms, key=lambda arm: arm.contrast)]
    paths = [line(galaxy, arm, canvas, off, r) for arm in drawn]
    if len(paths) == 2 and r.random() < noise["joined"]:
        (first, across), (second, _) = paths
        paths = [(np.concatenate([first[::-1], second]), across)]
    found: list[np.ndarray] = []
    for path, across in paths:
        half = across * wide * r.lognormal(0, 0.2)
        cut = r.integers(0.3 * len(path), 0.7 * len(path))
        pieces = [path] if r.random() > noise["broken"] else [path[:cut], path[cut:]]
        found += [_stroke(piece, half, r) for piece in pieces]
    return tuple(found)


def _imagined(galaxy: Galaxy, r) -> tuple[Arm, ...]:
    """Return an arm that is not there: along a ring or in the disk's lumps."""
    start = (galaxy.length if galaxy.disk else galaxy.bulge_radius) * r.uniform(
        0.8, 1.4
    )
    turn, pitch = r.uniform(0, 2 * np.pi), r.uniform(8, 30)
    end, width = start * r.uniform(1.4, 2), 0.2 * start
    return (Arm(turn, pitch, start, end, width, 1.0, (0.0, 1.0, 0.0)),)


def _canvas(x, y, canvas: Canvas, middle) -> np.ndarray:
    """Return offsets on the sky [arcsec] in canvas coordinates, y down, (n, 2)."""
    return np.stack([x, -np.asarray(y)], axis=1) / canvas.scale + middle


def line(galaxy: Galaxy, arm: Arm, canvas: Canvas, middle, r):
    """Return the line along an arm that a volunteer has in mind, and its half width."""
    noise = constants()
    moved = replace(arm, turn=arm.turn + r.normal(0, noise["bend"]))
    x, y = ridge(galaxy, moved)
    late, early = np.abs(r.normal(0, noise["shorter"], 2))
    low, high = int(200 * min(late, 0.5)), 200 - int(200 * min(early, 0.45))
    broad = ARM_WIDTHS * width(arm, np.sqrt(arm.start * arm.end))
    half = float(broad * np.sqrt(galaxy.axis_ratio) / canvas.scale)
    path = _canvas(x[low:high], y[low:high], canvas, middle)
    return path + r.normal(0, noise["shift"] * half, 2), half


def _stroke(path: np.ndarray, half: float, r) -> np.ndarray:
    """Return the outline that is drawn along a line, of about that half width."""
    noise = constants()
    steps = np.hypot(*np.diff(path, axis=0).T)
    along = np.append(0, np.cumsum(steps))
    n = max(int(along[-1] / STEP), 6)
    at = np.linspace(0, along[-1], n)
    middle = np.stack([np.interp(at, along, column) for column in path.T], axis=1)
    slope = np.gradient(middle, axis=0)
    normal = np.stack([-slope[:, 1], slope[:, 0]], axis=1)
    normal /= np.maximum(np.hypot(*normal.T), 1e-9)[:, None]
    taper = np.sqrt(np.clip(np.minimum(at, at[::-1]) / half, 0.05, 1))[:, None]
    sides = [middle + normal * half * taper * side for side in (1, -1)]
    outline = np.concatenate([sides[0], sides[1][::-1]])
    outline = outline + _wander(len(outline), noise["jitter"] * half, r)
    if r.random() < noise["overshoot"]:
        # The hand goes on beyond where it began, now inside of it and now outside.
        again = outline[: max(len(outline) // 12, 3)]
        weave = np.where(np.arange(len(again)) % 2, 0.15, -0.15)[:, None] * half
        outline = np.concatenate([outline, again + weave])
    count = noise["vertices"] * r.lognormal(0, noise["vertices_scatter"])
    count = int(np.clip(count, FEWEST, MOST))
    where = np.linspace(0, len(outline) - 1, count)
    index = np.arange(len(outline))
    return np.stack([np.interp(where, index, c) for c in outline.T], axis=1)


def _wander(n: int, scatter: float, r) -> np.ndarray:
    """Return an AR(1) sequence of that scatter, (n, 2)."""
    memory = constants()["memory"]
    white = r.normal(0, scatter * np.sqrt(1 - memory**2), (n, 2))
    white[0] /= np.sqrt(1 - memory**2)
    return lfilter([1], [1, -memory], white, axis=0)


def _outline(galaxy: Galaxy, arms, canvas: Canvas, middle, r) -> np.ndarray:
    """Return an outline round the whole galaxy."""
    reach = np.mean([arm.end for arm in arms]) * r.lognormal(-0.15, 0.25)
    t = np.linspace(0, 2 * np.pi, int(FEWEST + r.poisson(70)), endpoint=False)
    x, y = galaxy.sky(reach * np.cos(t), reach * np.sin(t))
    round_it = _canvas(x, y, canvas, middle)
    return round_it + _wander(len(t), 0.06 * reach / canvas.scale, r)


def _bar(galaxy: Galaxy, seen: float, canvas: Canvas, r) -> Drawing:
    noise, care = constants(), r.normal()
    if not _draws(seen, care, r):
        return ()
    middle = canvas.size / 2 + r.normal(0, noise["centre"], 2)
    if r.random() < noise["click"]:
        return (middle[None, :],)
    half, across, angle = _true_bar(galaxy, r)
    rough = np.exp(-0.25 * care)
    half *= noise["bar_length"] * r.lognormal(0, noise["bar_length_scatter"] * rough)
    if r.random() < noise["bar_long"]:
        half *= r.uniform(1.8, 3.0)
    across *= noise["bar_width"] * r.lognormal(0, noise["bar_width_scatter"] * rough)
    angle += np.radians(r.normal(noise["bar_bias"], noise["bar_angle"] * rough))
    if r.random() < noise["bar_upright"]:
        angle = np.round(angle / (np.pi / 2)) * (np.pi / 2)
    corners = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [half, across]
    corners = corners + r.normal(0, 0.12 * across, corners.shape)
    if r.random() < 0.4:  # some click round the ends
        ends = np.array([[-1.15 * half, 0.0], [1.15 * half, 0.0]])
        corners = np.insert(corners, [2, 4], ends, axis=0)
    cosine, sine = np.cos(angle), np.sin(angle)
    x = corners[:, 0] * cosine - corners[:, 1] * sine
    y = corners[:, 0] * sine + corners[:, 1] * cosine
    return (_canvas(x, y, canvas, middle),)


def _true_bar(galaxy: Galaxy, r) -> tuple[float, float, float]:
    """Return half the length and half the width [arcsec] and the angle from x [rad].

    Of a bar that is not there: something about the middle.
    """
    if galaxy.bar:
        truth = bar_truth(galaxy)
        half = truth["half_length"]
        return half, half * (1 - truth["ellipticity"]), np.radians(truth["angle"] + 90)
    half = (galaxy.length if galaxy.disk else galaxy.bulge_radius) * r.uniform(0.5, 1.2)
    return half, half * r.uniform(0.3, 0.6), r.uniform(0, np.pi)
