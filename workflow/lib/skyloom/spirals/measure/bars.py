"""Bars: length, position angle and ellipticity from the map of shares that mark them.

A bar is the part of the map, about the middle, that at least `LEVEL` times the share at
its brightest marks, and its direction and axis ratio are those of the uniform ellipse
of the same second moments. Volunteers' bars differ, so that its length and axis ratio
have a factor each, fitted to galaxies of known bars.
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
LEVEL = 0.3  # of the brightest share
HALF = 0.5  # of it, that is of the volunteers who draw a bar
DRAWS = 24
SMALLEST = 5  # pixels that have a direction


@dataclass(frozen=True, slots=True)
class BarScale:
    """What turns a map's ellipse into a bar; fitted by `fit_scale`.

    Attributes
    ----------
    length, ratio : float
        True over measured length, and axis ratio.
    length_err, angle_err, ratio_err : float
        Scatter of the galaxies it was fitted to: part of the length, deg, 1. Volunteers
        err together, which the map's own deviation does not tell.
    """

    length: float = 0.8
    ratio: float = 0.7
    length_err: float = 0.1
    angle_err: float = 5.0
    ratio_err: float = 0.05


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
    if not np.isfinite(mean).all():
        return Bar(reason="no map")
    share, own = _shape(mean)
    each = [_shape(one) for one in drawn_maps(mean, std, rng, draws)]
    drawn = np.array([s for peak, s in each if s and peak >= FAINT]).reshape(-1, 3)
    found = len(drawn) / draws
    if own is None or share < FAINT:
        return Bar(share=share, found=found, reason="no bar")
    if found < 0.5:
        return Bar(share=share, found=found, reason="uncertain")
    major, ratio, angle = own
    length = 2 * scale.length * major
    scatter = 2 * scale.length * np.std(drawn[:, 0])
    lengths = np.hypot(scatter, length * scale.length_err)
    angles = np.sqrt(np.mean(turned(drawn[:, 2] - angle) ** 2))
    angles = np.hypot(angles, scale.angle_err)
    ratios = np.hypot(scale.ratio * np.std(drawn[:, 1]), scale.ratio_err)
    ellipticity = 1 - min(scale.ratio * ratio, 1.0)
    return Bar(length, lengths, angle, angles, ellipticity, ratios, share, found)


def fit_scale(
    maps: Sequence[np.ndarray],
    lengths: np.ndarray,
    angles: np.ndarray,
    ratios: np.ndarray,
) -> BarScale:
    """Return the scale of galaxies with bars: the median ratios to the true ones are 1.

    Parameters
    ----------
    maps : sequence of ndarray, shape (H, W)
        Maps such as those of the validation; those without a bar brighter than `FAINT`
        do not count.
    lengths, angles, ratios : ndarray, shape (n,)
        True lengths [px], position angles [deg] and axis ratios.

    Raises
    ------
    ValueError
        When no map has a bar.
    """
    seen = [_shape(one) for one in maps]
    some = [k for k, (peak, shape) in enumerate(seen) if shape and peak >= FAINT]
    if not some:
        msg = f"none of {len(maps)} maps has a bar: nothing to fit their scale with"
        raise ValueError(msg)
    major, flat, angle = np.array([seen[k][1] for k in some]).T
    true = [np.asarray(v, np.float64)[some] for v in (lengths, angles, ratios)]
    factor = np.median(true[0] / (2 * major))
    ratio = np.median(true[2] / np.maximum(flat, 1e-3))
    off = (
        2 * factor * major / true[0] - 1,
        turned(angle - true[1]),
        ratio * flat - true[2],
    )
    # About 0, not about their median: errors in common are errors.
    scatter = (float(1.4826 * np.median(np.abs(one))) for one in off)
    return BarScale(float(factor), float(ratio), *scatter)


def drawn_bar(shares: np.ndarray) -> tuple[float, float, float] | None:
    """Return the bar that half of the volunteers who drew one agree on.

    Its length [px], position angle [deg] and axis ratio; None where too few drew one.
    """
    peak, own = _shape(shares, HALF)
    return (2 * own[0], own[2], own[1]) if own and peak >= FAINT else None


def _shape(
    shares: np.ndarray, level: float = LEVEL
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
