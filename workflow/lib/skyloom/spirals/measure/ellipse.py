"""The disk of a galaxy as an ellipse, from a picture whose stretch need not be known.

Arrays are as everywhere in the area: row 0 south, column 0 east. Position angles are
from north through east, which is counter-clockwise as the arrays are shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

LEVELS = (0.08, 0.11, 0.15, 0.2)  # of the brightest part above the sky
NOISE = 3.0  # sigma of the sky that the lowest level is above, at least
SMOOTHING = 1 / 150  # of the side: sigma of the smoothing
CORE = 1 / 16  # of the side: radius of the part whose centroid is the centre
BORDER = 1 / 20  # of the side: width of the border that has the sky
BLUR = 1.0  # px: error of an axis, from seeing and smoothing
LEAST = 25  # pixels of a region that has a shape


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse on an array.

    Attributes
    ----------
    x, y : float
        Centre [px].
    radius : float
        Semi-major axis [px].
    ratio : float
        Minor over major axis.
    angle : float
        Position angle of the major axis [deg, 0 to 180).
    radius_err, ratio_err, angle_err : float
        Scatter among the levels it was measured at [px, 1, deg].
    """

    x: float
    y: float
    radius: float
    ratio: float
    angle: float
    radius_err: float = 0.0
    ratio_err: float = 0.0
    angle_err: float = 0.0

    def polar(self, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Return radius [px] and phase [rad] in the plane of the disk, of each pixel.

        The radius is along the major axis; the phase is 0 on its side at `angle` and
        grows from north through east.
        """
        y, x = np.indices(shape, np.float64)
        dx, dy = x - self.x, y - self.y
        sine, cosine = np.sin(np.radians(self.angle)), np.cos(np.radians(self.angle))
        along = cosine * dy - sine * dx
        across = (-cosine * dx - sine * dy) / self.ratio
        return np.hypot(along, across), np.arctan2(across, along)

    def at(self, radius: np.ndarray, phase: np.ndarray) -> np.ndarray:
        """Return array coordinates (2, ...), y first, of places in the disk's plane."""
        sine, cosine = np.sin(np.radians(self.angle)), np.cos(np.radians(self.angle))
        along = radius * np.cos(phase)
        across = radius * np.sin(phase) * self.ratio
        x = self.x - sine * along - cosine * across
        return np.stack([self.y + cosine * along - sine * across, x])

    def scaled(self, factor: float) -> Ellipse:
        """Return it on an array whose pixels are `factor` times as many a side."""
        centre = ((v + 0.5) * factor - 0.5 for v in (self.x, self.y))
        sizes = (self.radius * factor, self.ratio, self.angle)
        return Ellipse(
            *centre, *sizes, self.radius_err * factor, self.ratio_err, self.angle_err
        )


def disk(picture: np.ndarray) -> Ellipse | None:
    """Return the ellipse of the galaxy in the middle of a picture.

    It is that of the second moments of the regions above several levels over the sky,
    the median of those, so that it does not depend on the stretch. Of each region only
    the part that is connected to the middle counts, and only where the opposite side
    is bright too: stars and neighbours are on one side. The radius is that at the
    lowest level.

    Parameters
    ----------
    picture : ndarray, shape (H, W, 3) or (H, W)
        Any rising function of brightness.

    Returns
    -------
    Ellipse or None
        None where nothing in the middle is brighter than the sky.
    """
    grey = np.asarray(picture, np.float64)
    grey = grey.mean(axis=2) if grey.ndim == 3 else grey
    side = min(grey.shape)
    smooth = ndimage.gaussian_filter(grey, max(side * SMOOTHING, 0.7), mode="nearest")
    sky, noise = _sky(smooth)
    bright = smooth - sky
    x, y = _centre(bright, side)
    peak = ndimage.map_coordinates(bright, [[y], [x]], order=1, mode="nearest")[0]
    floor = NOISE * noise / peak if peak > 0 else np.inf
    levels = [level for level in LEVELS if level > floor]
    regions = [_symmetric(bright > level * peak, x, y) for level in levels]
    shapes = [second_moments(r.astype(float), (x, y)) for r in regions if r is not None]
    if not shapes:
        return None
    major, ratio, angle = np.array(shapes).T
    middle = mean_angle(angle)
    pixel = BLUR / major[0]
    round_ = np.hypot(np.std(ratio), pixel)
    turn = np.std(turned(angle - middle))
    turn = np.hypot(turn, np.degrees(pixel / max(1 - np.median(ratio), pixel)))
    ends = [_extent(bright, levels[0] * peak + k * noise, x, y) for k in (-1, 1)]
    error = abs(ends[0] - ends[1]) / 2 / np.sqrt(np.median(ratio))
    sizes = (major[0], float(np.median(ratio)), middle)
    return Ellipse(x, y, *sizes, error, round_, min(turn, 90.0))


def second_moments(
    weight: np.ndarray, centre: tuple[float, float] | None = None
) -> tuple[float, float, float]:
    """Return semi-major axis [px], axis ratio and position angle [deg] of an image.

    They are those of the uniform ellipse with the second moments of `weight` >= 0,
    about `centre` (x, y) or the centroid.
    """
    y, x = np.indices(weight.shape, np.float64)
    total = weight.sum()
    if centre is None:
        centre = (x * weight).sum() / total, (y * weight).sum() / total
    dx, dy = x - centre[0], y - centre[1]
    # A pixel has an extent of its own.
    xx = (dx * dx * weight).sum() / total + 1 / 12
    yy = (dy * dy * weight).sum() / total + 1 / 12
    xy = (dx * dy * weight).sum() / total
    mean, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    angle = np.degrees(0.5 * np.arctan2(-2 * xy, yy - xx)) % 180
    major, minor = mean + half, max(mean - half, 0.0)
    return float(2 * np.sqrt(major)), float(np.sqrt(minor / major)), float(angle)


def mean_angle(angles) -> float:
    """Return the mean direction of axes [deg, 0 to 180)."""
    twice = np.radians(2 * np.asarray(angles, np.float64))
    half = 0.5 * np.arctan2(np.sin(twice).sum(), np.cos(twice).sum())
    return float(np.degrees(half) % 180)


def turned(difference):
    """Return differences of axes' angles [deg] from -90 to 90."""
    return (np.asarray(difference) + 90) % 180 - 90


def _sky(image: np.ndarray) -> tuple[float, float]:
    """Return level and scatter of the border, by its fainter half: galaxies are bright.

    The scatter is that of the values below the level, mirrored.
    """
    width = max(2, round(min(image.shape) * BORDER))
    border = np.ones(image.shape, bool)
    border[width:-width, width:-width] = False
    values = image[border]
    level = np.quantile(values, 0.3)
    below = level - values[values <= level]
    return float(level), float(max(np.median(below) / 0.5, 1e-6))


def _centre(bright: np.ndarray, side: int) -> tuple[float, float]:
    """Return the centroid of the core, moved there from the middle in a few steps."""
    y, x = np.indices(bright.shape, np.float64)
    cx, cy = (bright.shape[1] - 1) / 2, (bright.shape[0] - 1) / 2
    for _ in range(5):
        near = np.hypot(x - cx, y - cy) <= max(side * CORE, 2.0)
        weight = np.clip(bright, 0, None) * near
        if weight.sum() <= 0:
            break
        cx, cy = (x * weight).sum() / weight.sum(), (y * weight).sum() / weight.sum()
    return float(cx), float(cy)


def _symmetric(region: np.ndarray, x: float, y: float) -> np.ndarray | None:
    """Return the part of a region about a centre, and only what is on both sides."""
    mine = _connected(region, x, y)
    if mine is None:
        return None
    ys, xs = np.indices(region.shape)
    opposite = [2 * y - ys, 2 * x - xs]
    mirrored = ndimage.map_coordinates(mine.astype(float), opposite, order=1) > 0.5
    both = _connected(mine & mirrored, x, y)
    return both if both is not None and both.sum() >= LEAST else None


def _connected(region: np.ndarray, x: float, y: float) -> np.ndarray | None:
    labels, _ = ndimage.label(region)
    own = labels[round(y), round(x)]
    return ndimage.binary_fill_holes(labels == own) if own else None


def _extent(bright: np.ndarray, level: float, x: float, y: float) -> float:
    region = _symmetric(bright > level, x, y)
    return 0.0 if region is None else float(np.sqrt(region.sum() / np.pi))
