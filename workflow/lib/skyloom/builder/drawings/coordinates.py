"""From what a volunteer drew on the screen to image pixels: every trap, once.

Nothing else in skyloom converts drawn coordinates or slider values.

===  =====================================  ==========================================
No.  Trap                                   What is done here
===  =====================================  ==========================================
 1   The screen's y runs down, the image    ``y = (height - y_drawn) * scale``. The
     array's row 0 is at the bottom.        pixel array itself is **not** flipped.
 2   The screen is 512 wide whatever the    Lengths and positions times
     image's size.                          ``native / 512`` (`Screen.scale`).
 3   Drawn coordinates count from pixel     Half a pixel is taken off both
     **edges**, ours from pixel centres.    coordinates. Upstream did not: its models
                                            sit (+0.5, +0.5) px off (measured on 59
                                            bulges: +0.57 +- 0.05, +0.53 +- 0.05).
 4   The angle of an ellipse [deg] runs     Kept, since y has been turned up.
     counter-clockwise on the screen.
 5   The angle of a rectangle runs          Its sign is changed.
     clockwise.
 6   A rectangle's (x, y) is its upper      Centre ``(x + width/2, y + height/2)``:
     left corner **before** rotation.       the rotation is about the centre.
 7   ``rx`` may be less than ``ry``.        The longer one is the major axis;
                                            ``roll = angle + 90 [rx > ry]``, mod 180.
 8   Outlines were drawn 3 times too        ``Re = major / 3``. For a rectangle
     large, to stay clear of the light.     ``major`` is its **full** length.
 9   Disks come out half as large as the    A disk's Re is doubled: an empirical rule
     light.                                 of upstream, present in all its files.
10   The scale slider is no part of the     Returned separately; null or 0 means 1.
     drawing.
11   The screen showed 0.8 * data - model,  ``I = slider / (2 * 0.8)`` for components,
     and half the intensity.                ``slider / 0.8`` for arms.
12   An arm's spread slider is in screen    Times ``scale``, at least 0.5 px (the
     units, and may be 0.                   slider's 0 would be an arm without light).
13   Sliders come as number, text or null.  See `slider`.
14   Some images were uploaded turned.      `turned` moves shapes with
                                            ``np.rot90(image, turns)``.
===  =====================================  ==========================================

Sources: Lingard et al. 2020, ApJ 900, 178, section 2.3; the Galaxy Builder front end
as described with its released data; traps 1, 3, 5 and 6 measured on the synthetic
galaxy of known parameters, trap 3 also on published fits.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from skyloom.builder.model import Model, Sersic

FAR = 1e6  # drawn units; no screen is so large
DISPLAY = 512.0  # px, width and height of the drawing canvas
OUTLINE = 3.0  # drawn length over effective length
DISK_RULE = 2.0  # empirical factor on the Re of disks
RESIDUAL = 0.8  # the screen showed RESIDUAL * data - model
HALF_INTENSITY = 2.0  # the front end halved the intensity of components
SPREAD_FLOOR = 0.5  # px


class ShapeError(ValueError):
    """A drawn shape or slider that cannot be used; the reason is one sentence."""


@dataclass(frozen=True, slots=True)
class Screen:
    """How an image of ``shape`` (ny, nx) [px] was shown, on a canvas of `DISPLAY`."""

    shape: tuple[int, int]

    @property
    def scale(self) -> float:
        """Image pixels a drawn unit (trap 2)."""
        return self.shape[1] / DISPLAY

    @property
    def height(self) -> float:
        """Height of the shown image [drawn units]."""
        return self.shape[0] / self.scale


@dataclass(frozen=True, slots=True)
class Slider:
    """A slider's limits and default, and what 0 means where 0 makes no sense."""

    low: float
    high: float
    default: float
    zero: float | None = None


SCALE = Slider(0, 2, 1, zero=1)
SLIDERS = {
    "disk": {"scale": SCALE, "I": Slider(0, 1, 0.2)},
    "bulge": {"scale": SCALE, "I": Slider(0, 2, 0.5), "n": Slider(0.5, 5, 1)},
    "bar": {
        "scale": SCALE,
        "I": Slider(0, 1, 0.2),
        "n": Slider(0.3, 2, 0.5),
        "c": Slider(1.5, 3, 2),
    },
    "arm": {"I": Slider(0, 1, 0.75), "spread": Slider(0, 2, 1)},
    "spiral": {"falloff": Slider(0, 2, 1)},
}


def need(good: bool, what: str, expected: str, got) -> None:
    """Raise ShapeError unless something is what it should be."""
    if not good:
        msg = f"{what}: expected {expected}, got {str(got)[:40]!r}"
        raise ShapeError(msg)


def slider(kind: Slider, raw) -> float:
    """Read a slider as it stands in an export (traps 10 and 13).

    Raises
    ------
    ShapeError
        For text that is no number, another type, or a value outside the limits.
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return float(kind.default)
    value = number(raw, "slider")
    if not kind.low <= value <= kind.high:
        msg = f"slider at {value}, expected {kind.low} to {kind.high}"
        raise ShapeError(msg)
    return float(kind.zero) if value == 0 and kind.zero is not None else value


def number(raw, what: str) -> float:
    """Return a finite number or the text of one as float, or raise ShapeError."""
    try:
        value = math.nan if isinstance(raw, bool) else float(raw)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    need(math.isfinite(value), what, "a finite number", raw)
    need(abs(value) < FAR, what, "a place or length near the canvas", raw)
    return value


def position(x, y, screen: Screen):
    """Convert drawn positions to pixels, y up with the rows (traps 1, 2 and 3)."""
    scale = screen.scale
    return x * scale - 0.5, (screen.height - y) * scale - 0.5


def ellipse(drawn: Mapping, screen: Screen) -> Sersic:
    """Convert a drawn ellipse (traps 1 to 4, 7 and 8); its I is 0 until set."""
    x, y, rx, ry = _fields(drawn, "x", "y", "rx", "ry")
    return _shape((x, y), (rx, ry), _angle(drawn), screen)


def rectangle(drawn: Mapping, screen: Screen) -> Sersic:
    """Convert a drawn rotated rectangle (traps 1 to 3 and 5 to 8)."""
    x, y, width, height = _fields(drawn, "x", "y", "width", "height")
    middle = (x + width / 2, y + height / 2)
    return _shape(middle, (width, height), -_angle(drawn), screen)


def polyline(points, screen: Screen) -> np.ndarray:
    """Convert a drawn line of two points or more to vertices (n, 2) [px]."""
    if not isinstance(points, list) or len(points) < 2:
        count = len(points) if isinstance(points, list) else 0
        msg = f"a line of {count} point(s), expected 2 or more"
        raise ShapeError(msg)
    drawn = np.array([_fields(p, "x", "y") for p in points])
    if not np.ptp(drawn, axis=0).any():
        msg = "a line without length: all its points are the same"
        raise ShapeError(msg)
    return np.stack(position(drawn[:, 0], drawn[:, 1], screen), axis=1)


def disk_size(disk: Sersic) -> Sersic:
    """Apply the empirical rule on the size of disks (trap 9)."""
    return dataclasses.replace(disk, Re=disk.Re * DISK_RULE)


def brightness(value: float) -> float:
    """Convert the intensity slider of disk, bulge or bar (trap 11)."""
    return value / (HALF_INTENSITY * RESIDUAL)


def arm_brightness(value: float) -> float:
    """Convert the intensity slider of an arm (trap 11)."""
    return value / RESIDUAL


def arm_spread(value: float, screen: Screen) -> float:
    """Convert the spread slider of an arm to pixels (trap 12)."""
    return max(value * screen.scale, SPREAD_FLOOR)


def turned(model: Model, shape: tuple[int, int], turns: int) -> Model:
    """Move a model with ``np.rot90(image, turns)`` (trap 14).

    Parameters
    ----------
    model : Model
        With drawn arms only.
    shape : tuple of int
        ``(ny, nx)`` of the image before it is turned.
    """
    parts = {k: _turned_part(p, shape, turns) for k, p in model.components().items()}
    arms = tuple(
        dataclasses.replace(arm, points=turned_points(arm.points, shape, turns))
        for arm in model.spiral
    )
    return dataclasses.replace(model, **parts, spiral=arms)


def turned_points(points: np.ndarray, shape: tuple[int, int], turns: int) -> np.ndarray:
    """Move points (n, 2) with ``np.rot90(image, turns)`` of an image of `shape`."""
    x, y = np.asarray(points, float).T
    ny, nx = shape
    for _ in range(turns % 4):
        x, y = y, nx - 1 - x
        ny, nx = nx, ny
    return np.stack([x, y], axis=1)


def _turned_part(part: Sersic, shape, turns: int) -> Sersic:
    ((x, y),) = turned_points([[part.mux, part.muy]], shape, turns)
    roll = (part.roll - turns * np.pi / 2) % np.pi
    return dataclasses.replace(part, mux=float(x), muy=float(y), roll=float(roll))


def _fields(drawn, *names: str) -> list[float]:
    expected = f"an object with {', '.join(names)}"
    need(isinstance(drawn, Mapping), "shape", expected, drawn)
    return [number(drawn.get(name), name) for name in names]


def _angle(drawn: Mapping) -> float:
    return math.radians(number(drawn.get("angle", 0.0), "angle"))


def _shape(middle, lengths, angle: float, screen: Screen) -> Sersic:
    rx, ry = lengths
    if min(rx, ry) <= 0:
        msg = f"a shape without area: {rx} by {ry}"
        raise ShapeError(msg)
    mux, muy = position(*middle, screen)
    major, minor = max(rx, ry), min(rx, ry)
    roll = (angle + (math.pi / 2 if rx > ry else 0.0)) % math.pi
    size = major * screen.scale / OUTLINE
    return Sersic(mux, muy, roll, minor / major, size, 0.0)
