"""Bars: length, position angle and ellipticity from the map of shares that mark them.

A bar is the part of the map, about the middle, that at least `level` times the share at
its brightest marks. Its length and direction are those of the uniform ellipse of the
same second moments. Volunteers' bars differ in length, so that the level sets the
length: it is fitted to galaxies of known bars, as is the factor of the axis ratio,
which the scatter of their drawings widens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from skyloom.spirals.measure.draws import drawn_maps
from skyloom.spirals.measure.ellipse import second_moments, turned

FAINT = 0.2  # share of volunteers, 3 of 15: a map that stays below has no bar
MIDDLE = 0.08  # of the side: sigma of what counts as the middle
WITHIN = 0.2  # of the side: how far from the middle the brightest part may be
LEVELS = np.linspace(0.1, 0.9, 33)
DRAWS = 24
SMALLEST = 5  # pixels that have a direction
PIXEL = 0.3  # px: error of the edge of a region of pixels


@dataclass(frozen=True, slots=True)
class BarScale:
    """What turns a map into a bar's length and axis ratio; fitted by `fit_scale`.

    Attributes
    ----------
    level : float
        Of the brightest part.
    ratio : float
        True over measured axis ratio.
    """

    level: float = 0.4
    ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class Bar:
    """What the bar of a galaxy is like, on the array.

    Attributes
    ----------
    length, length_err : float
        From end to end [px].
    angle, angle_err : float
        Position angle [deg, 0 to 180).
    ellipticity, ellipticity_err : float
        1 - minor / major axis.
    share : float
        Of volunteers, where it is brightest.
    found : float
        Share of the maps drawn from mean and deviation that have a bar.
    reason : str
        Why there is no length; empty where there is one.
    """

    length: float = np.nan
    length_err: float = np.nan
    angle: float = np.nan
    angle_err: float = np.nan
    ellipticity: float = np.nan
    ellipticity_err: float = np.nan
    share: float = np.nan
    found: float = np.nan
    reason: str = ""


def bar(
    mean: np.ndarray,
    std: np.ndarray,
    rng: np.random.Generator,
    scale: BarScale,
    draws: int = DRAWS,
) -> Bar:
    """Return the bar of a map, errors from maps drawn about it.

    Parameters
    ----------
    mean, std : ndarray, shape (H, W)
        Expected share of volunteers that mark a pixel, and its deviation.
    rng : Generator
        For the draws.
    scale : BarScale
        Of the network that made the map.
    draws : int
        How many maps.
    """
    share, own = _shape(mean, scale.level)
    each = [_shape(one, scale.level) for one in drawn_maps(mean, std, rng, draws)]
    drawn = np.array([s for peak, s in each if s and peak >= FAINT]).reshape(-1, 3)
    found = len(drawn) / draws
    if own is None or share < FAINT:
        return Bar(share=share, found=found, reason="no bar")
    if found < 0.5:
        return Bar(share=share, found=found, reason="uncertain")
    major, ratio, angle = own
    edge = PIXEL / major
    lengths = np.hypot(2 * np.std(drawn[:, 0]), 2 * PIXEL)
    angles = np.sqrt(np.mean(turned(drawn[:, 2] - angle) ** 2))
    angles = np.hypot(angles, np.degrees(edge))
    ratios = scale.ratio * np.hypot(np.std(drawn[:, 1]), edge)
    ellipticity = 1 - min(scale.ratio * ratio, 1.0)
    return Bar(2 * major, lengths, angle, angles, ellipticity, ratios, share, found)


def fit_scale(
    maps: Sequence[np.ndarray], lengths: np.ndarray, ratios: np.ndarray
) -> BarScale:
    """Return the scale at which the median ratios to true lengths and ratios are 1.

    Parameters
    ----------
    maps : sequence of ndarray, shape (H, W)
        Maps of galaxies with bars, such as those of the validation; those without a
        bar brighter than `FAINT` do not count.
    lengths, ratios : ndarray, shape (n,)
        True lengths [px] and axis ratios.

    Raises
    ------
    ValueError
        When no map has a bar.
    """
    lengths, ratios = np.asarray(lengths, float), np.asarray(ratios, float)
    seen = [k for k, one in enumerate(maps) if _shape(one, 0.5)[0] >= FAINT]
    if not seen:
        msg = f"none of {len(maps)} maps has a bar: nothing to fit its level with"
        raise ValueError(msg)
    medians = []
    for level in LEVELS:
        shapes = [_shape(maps[k], level)[1] for k in seen]
        two = [
            (2 * s[0] / lengths[k], ratios[k] / max(s[1], 1e-3))
            for k, s in zip(seen, shapes, strict=True)
            if s
        ]
        medians.append(np.median(two, axis=0) if two else (0.0, 1.0))
    length, ratio = np.array(medians).T
    # Lengths fall with the level.
    level = float(np.interp(-1.0, -np.minimum.accumulate(length), LEVELS))
    return BarScale(level, float(np.interp(level, LEVELS, ratio)))


def _shape(
    shares: np.ndarray, level: float
) -> tuple[float, tuple[float, float, float] | None]:
    """Return the brightest share near the middle, and the shape of its surroundings."""
    y, x = np.indices(shares.shape, np.float64)
    side, half = min(shares.shape), (np.array(shares.shape) - 1) / 2
    far = np.hypot(y - half[0], x - half[1])
    peak = float(shares[far <= WITHIN * side].max())
    labels, n = ndimage.label(shares >= level * peak)
    if not n or peak <= 0:
        return peak, None
    near = shares * np.exp(-0.5 * (far / (MIDDLE * side)) ** 2)
    best = 1 + int(np.argmax(ndimage.sum_labels(near, labels, range(1, n + 1))))
    region = labels == best
    if region.sum() < SMALLEST:
        return peak, None
    return peak, second_moments(region.astype(float))
