"""A simulated galaxy, which is the truth about it: bar, arms, and where they lie.

Lengths are arcsec. Positions on the sky are offsets (x, y) from the galaxy's middle, x
to the west and y to the north, so that they run as the columns and rows of an array.
In the plane of the disk u runs along its major axis, v along its minor one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv

ARM_WIDTHS = 1.18  # of its Gaussian, on either side of the ridge: half the maximum
MANY = 720  # directions in which the bar's isophote is followed


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar in the plane of the disk, exp(-ln 2 s^edge) of its superellipse s."""

    half: float  # half its length, where it has half its brightness
    axis_ratio: float
    angle: float  # from u towards v [rad]
    boxiness: float  # exponent of the superellipse, 2 an ellipse
    edge: float
    share: float  # of the galaxy's light
    depletion: float  # of the disk's light beside it


@dataclass(frozen=True, slots=True)
class Arm:
    """A logarithmic spiral, theta = turn + sense (ln(r / start) / tan pitch + wave)."""

    turn: float  # azimuth at its start [rad]
    pitch: float  # [deg]
    start: float
    end: float
    width: float  # Gaussian sigma across the ridge at its start, in the plane
    contrast: float  # over the disk, at its best
    wave: tuple[float, float, float]  # amplitude [rad], wave number in ln r, phase


@dataclass(frozen=True, slots=True)
class Galaxy:
    """A simulated galaxy; everything follows from the seed and its own name."""

    key: str
    kind: str
    magnitude: float  # total, r band
    redshift: float
    seeing: tuple[float, float, float]  # full width at half maximum in g, r, z
    axis_ratio: float  # of the disk on the sky
    angle: float  # its position angle [deg]
    length: float  # scale length of the disk, or of the edge-on one
    disk: float  # its share of the light, arms included
    bulge: float
    bulge_radius: float  # effective, along its major axis
    bulge_index: float
    bulge_ratio: float
    colours: tuple[tuple[float, float], ...]  # g-r, r-z of bulge, bar, disk, arms
    texture: float  # scatter of the disk's brightness, in ln
    dust: float
    sense: int  # +1 winds "Z": azimuth grows outwards, counter-clockwise; -1 "S"
    ring: tuple[float, float, float] | None  # radius, width, contrast
    bar: Bar | None
    arms: tuple[Arm, ...]
    companions: tuple[tuple[float, ...], ...]  # x, y, r flux over the galaxy's, radius

    @property
    def winding(self) -> str:
        """The letter that the arms follow on the sky."""
        return "Z" if self.sense > 0 else "S"

    @property
    def pitch_angle(self) -> float:
        """Mean of its arms, weighted by their contrast [deg]."""
        weights = [arm.contrast for arm in self.arms]
        return float(np.average([arm.pitch for arm in self.arms], weights=weights))

    def plane(self, x, y) -> tuple[np.ndarray, np.ndarray]:
        """Return u, v of offsets on the sky."""
        sine, cosine = np.sin(np.radians(self.angle)), np.cos(np.radians(self.angle))
        return y * cosine - x * sine, -(x * cosine + y * sine) / self.axis_ratio

    def sky(self, u, v) -> tuple[np.ndarray, np.ndarray]:
        """Return offsets on the sky of u, v."""
        sine, cosine = np.sin(np.radians(self.angle)), np.cos(np.radians(self.angle))
        w = v * self.axis_ratio
        return -u * sine - w * cosine, u * cosine - w * sine


def ridge(galaxy: Galaxy, arm: Arm, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Return x, y along an arm's ridge, from its start to its end."""
    r = np.geomspace(arm.start, arm.end, n)
    theta = azimuth(galaxy, arm, r)
    return galaxy.sky(r * np.cos(theta), r * np.sin(theta))


def azimuth(galaxy: Galaxy, arm: Arm, r) -> np.ndarray:
    """Return the azimuth of an arm's ridge at radii in the plane [rad]."""
    out, (size, number, phase) = np.log(r / arm.start), arm.wave
    wave = size * (np.sin(number * out + phase) - np.sin(phase))
    return arm.turn + galaxy.sense * (out / np.tan(np.radians(arm.pitch)) + wave)


def width(arm: Arm, r) -> np.ndarray:
    """Return an arm's width at radii in the plane: it broadens outwards."""
    return arm.width * np.clip(0.75 + 0.25 * r / arm.start, 0.75, 1.6)


def isophote(galaxy: Galaxy) -> tuple[np.ndarray, np.ndarray]:
    """Return x, y along the isophote of half the maximum of the bar alone."""
    bar = galaxy.bar
    t = np.linspace(0, 2 * np.pi, MANY, endpoint=False)
    c, s = np.cos(t), np.sin(t)
    along = bar.half * np.sign(c) * np.abs(c) ** (2 / bar.boxiness)
    across = bar.half * bar.axis_ratio * np.sign(s) * np.abs(s) ** (2 / bar.boxiness)
    cosine, sine = np.cos(bar.angle), np.sin(bar.angle)
    return galaxy.sky(along * cosine - across * sine, along * sine + across * cosine)


def bar_truth(galaxy: Galaxy) -> dict[str, float]:
    """Return half the bar's length [arcsec], position angle [deg] and ellipticity.

    Of its isophote of half maximum on the sky: the length is its farthest point's, the
    ellipticity 1 - b/a, b the farthest point across.
    """
    x, y = isophote(galaxy)
    far = np.argmax(np.hypot(x, y))
    half = float(np.hypot(x[far], y[far]))
    across = float(np.abs(x * y[far] - y * x[far]).max() / half)
    angle = float(np.degrees(np.arctan2(-x[far], y[far])) % 180)
    return {"half_length": half, "angle": angle, "ellipticity": 1 - across / half}


def measures(galaxy: Galaxy) -> dict:
    """Return what is measured of bar, arms and disk; None where there is none.

    ``bar``: half_length [arcsec], angle [deg], ellipticity, of the isophote of half
    its maximum. ``arms``: pitch_angle [deg], winding, number. ``disk``: axis_ratio,
    angle [deg].
    """
    bar = arms = disk = None
    if galaxy.bar:
        bar = bar_truth(galaxy)
    if galaxy.arms:
        arms = {"pitch_angle": galaxy.pitch_angle, "winding": galaxy.winding}
        arms["number"] = len(galaxy.arms)
    if galaxy.kind in ("spiral", "disk"):
        disk = {"axis_ratio": galaxy.axis_ratio, "angle": galaxy.angle}
    return {"bar": bar, "arms": arms, "disk": disk}


def across(galaxy: Galaxy, arm: Arm, r, theta) -> np.ndarray:
    """Return distances from an arm's ridge, outwards positive, in the plane."""
    r = np.maximum(r, 1e-3 * arm.start)
    turn = (theta - azimuth(galaxy, arm, r) + np.pi) % (2 * np.pi) - np.pi
    return -galaxy.sense * turn * r * np.sin(np.radians(arm.pitch))


def superellipse(bar: Bar, u, v) -> np.ndarray:
    """Return the bar's own radius, 1 on the isophote of half its maximum."""
    cosine, sine = np.cos(bar.angle), np.sin(bar.angle)
    along = np.abs(u * cosine + v * sine) / bar.half
    beside = np.abs(v * cosine - u * sine) / (bar.half * bar.axis_ratio)
    c = bar.boxiness
    return (along**c + beside**c) ** (1 / c)


def sersic_b(index: float) -> float:
    """Return b of a Sersic profile: half the light is within its effective radius."""
    return float(gammaincinv(2 * index, 0.5))
