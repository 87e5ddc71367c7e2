"""Arms: pitch angle, sense of winding, number and share of the disk.

The map says where arms are, the picture how they run: volunteers draw wide and round
whole galaxies, which opens the arms of their maps by some 4 deg. In the disk's plane,
over the logarithm of the radius, ridges of the picture are straight lines whose slope
is the tangent of the pitch angle. Their directions are measured at each place, and the
median is taken, weighted by the map. On simulated galaxies half of them are right
within 1.7 deg and 84 % within 4.3; of the peak of the 2-D Fourier transform (Davis et
al. 2012, ApJS 199, 33) of the same pictures that is 2.8 and 19. Arms are counted where
both are summed along the pitch angle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, signal

from skyloom.spirals.measure.ellipse import Ellipse

RADII, PHASES = 64, 128  # samples of the plane
RIDGE = 0.1  # scale of ridges, as a part of the radius
INNER, OUTER = 0.15, 1.1  # of the disk's radius
LEAST_RADIUS = 2.5  # px
STEEPEST = 60.0  # deg: what is steeper is no arm
STEP = 0.5  # deg, of histograms of directions
PROMINENCE = 0.1  # of an arm, over the range of the sums
BLOCKS = (6, 6)  # in radius and phase, that are drawn
DRAWS = 200
FLOOR = 1.5  # deg: error of a pitch angle without noise, as arms of a galaxy differ
SURE = 0.9  # share of draws that must wind the same way
FAINT = 0.1  # share of volunteers: a map that stays below has no arms
EDGE_ON = 0.25  # axis ratio below which the plane cannot be seen
LEVEL = 0.2  # share of volunteers, 3 of 15, from which a pixel is of an arm


@dataclass(frozen=True, slots=True)
class Arms:
    """What the arms of a galaxy are like.

    Attributes
    ----------
    pitch, pitch_err : float
        Pitch angle and its error [deg].
    winding : str
        ``Z``: outwards from north through east, ``S``: the other way, as on the sky;
        empty where unknown.
    number : int
        Of arms; 0 where unknown.
    reason : str
        Why there is no pitch angle; empty where there is one.
    """

    pitch: float = np.nan
    pitch_err: float = np.nan
    winding: str = ""
    number: int = 0
    reason: str = ""


def arms(
    shares: np.ndarray,
    picture: np.ndarray,
    disk: Ellipse | None,
    rng: np.random.Generator,
    inner: float = 0.0,
) -> Arms:
    """Return pitch angle, winding and number of the arms.

    Parameters
    ----------
    shares : ndarray, shape (H, W)
        Map of the arms: expected share of volunteers that mark a pixel.
    picture : ndarray, shape (h, w, 3) or (h, w)
        Any rising function of brightness, of the same field.
    disk : Ellipse or None
        The disk, on the array of the map.
    rng : Generator
        For the error: blocks of the plane are drawn with replacement.
    inner : float
        Radius [px of the map] inside which there is a bar.
    """
    reason = _hidden(shares, disk)
    if reason:
        return Arms(reason=reason)
    inner = max(inner, INNER * disk.radius, LEAST_RADIUS)
    outer = min(OUTER * disk.radius, min(shares.shape) / 2)
    if outer < 2 * inner:
        return Arms(reason="no room outside the bar")
    u = np.linspace(np.log(inner), np.log(outer), RADII)
    marked = _plane(shares, disk, u)
    if marked.max() < FAINT:
        return Arms(reason="no arms")
    grey = picture.mean(axis=2) if picture.ndim == 3 else picture
    finer = len(grey) / len(shares)
    light = _plane(grey, disk.scaled(finer), u + np.log(finer))
    light -= light.mean(axis=1, keepdims=True)
    blocks = _directions(light, marked, u[1] - u[0])
    signed = _median(blocks.sum(axis=0)[None])[0]
    times = rng.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), DRAWS)
    drawn = _median(times @ blocks)
    same = np.sign(drawn) == np.sign(signed)
    if not signed or same.mean() < SURE:
        return Arms(reason="no clear winding")
    error = float(np.hypot(np.std(drawn[same]), FLOOR))
    winding = "Z" if signed > 0 else "S"
    return Arms(abs(signed), error, winding, _number(light * marked, u, signed))


def arm_fraction(shares: np.ndarray, disk: Ellipse | None) -> float:
    """Return the part of the disk's area where a share of volunteers mark arms."""
    if disk is None or not np.isfinite(shares).all():
        return np.nan
    inside = disk.polar(shares.shape)[0] <= disk.radius
    total = inside.sum()
    return float((inside & (shares >= LEVEL)).sum() / total) if total else np.nan


def _hidden(shares: np.ndarray, disk: Ellipse | None) -> str:
    """Return why arms cannot be measured, empty if they can."""
    if not np.isfinite(shares).all():
        return "no map"
    if disk is None:
        return "no disk"
    return "edge-on" if disk.ratio < EDGE_ON else ""


def _plane(image: np.ndarray, disk: Ellipse, u: np.ndarray) -> np.ndarray:
    """Return an image in the disk's plane, by logarithm of radius [px] and phase."""
    phase = np.arange(PHASES) * 2 * np.pi / PHASES
    places = disk.at(np.exp(u)[:, None], phase)
    return ndimage.map_coordinates(
        image.astype(np.float64), places, order=1, mode="nearest"
    )


def _directions(light: np.ndarray, marked: np.ndarray, step: float) -> np.ndarray:
    """Return histograms of the ridges' directions, shape (blocks, angles).

    Angles are signed pitch angles, by `STEP` from -90 deg; weights are shares times
    curvatures across the ridge, where it is one.
    """
    turn = 2 * np.pi / PHASES
    pad = PHASES // 4
    wide = np.concatenate([light[:, -pad:], light, light[:, :pad]], axis=1)
    scale = RIDGE / step, RIDGE / turn

    def smoothed(*order):
        found = ndimage.gaussian_filter(wide, scale, order=order, mode="nearest")
        return found[:, pad:-pad] / (step ** order[0] * turn ** order[1])

    uu, ut, tt = smoothed(2, 0), smoothed(1, 1), smoothed(0, 2)
    mean, half = (uu + tt) / 2, np.hypot((uu - tt) / 2, ut)
    along = 0.5 * np.arctan2(2 * ut, uu - tt)  # from the axis of the radius
    signed = np.degrees(np.arctan2(np.cos(along), np.sin(along)) + np.pi / 2) % 180 - 90
    across = np.clip(half - mean, 0, None)
    straight = half / np.maximum(np.abs(mean) + half, 1e-12)
    weight = across * straight * marked
    edge = int(scale[0])
    weight[:edge] = weight[-edge:] = 0
    rows = np.arange(RADII) * BLOCKS[0] // RADII
    columns = np.arange(PHASES) * BLOCKS[1] // PHASES
    block = rows[:, None] * BLOCKS[1] + columns
    bins = round(180 / STEP)
    place = block * bins + ((signed + 90) / STEP).astype(int) % bins
    n = BLOCKS[0] * BLOCKS[1]
    return np.bincount(place.ravel(), weight.ravel(), n * bins).reshape(n, bins)


def _median(histograms: np.ndarray) -> np.ndarray:
    """Return the median direction on the heavier side, signed, of each row [deg]."""
    bins = histograms.shape[1]
    angle = -90 + STEP * (np.arange(bins) + 0.5)
    usable = np.abs(angle) <= STEEPEST
    sides = np.stack([histograms * ((angle < 0) & usable), histograms * (angle > 0)])
    sides[1] *= usable
    heavy = sides.sum(axis=2).argmax(axis=0)
    chosen = sides[heavy, np.arange(len(histograms))]
    sums = np.cumsum(chosen, axis=1)
    half = sums[:, -1] / 2
    place = (sums < half[:, None]).sum(axis=1).clip(0, bins - 1)
    row = np.arange(len(chosen))
    before = sums[row, place] - chosen[row, place]
    part = (half - before) / np.maximum(chosen[row, place], 1e-300)
    return np.where(half > 0, -90 + STEP * (place + part), 0.0)


def _number(plane: np.ndarray, u: np.ndarray, pitch: float) -> int:
    """Return the number of arms along a signed pitch angle [deg]."""
    harmonics = np.fft.fft(plane, axis=1)
    waves = np.fft.fftfreq(PHASES, 1 / PHASES)
    turn = np.exp(1j * waves * u[:, None] / np.tan(np.radians(pitch)))
    sums = np.fft.ifft((harmonics * turn).sum(axis=0)).real
    sums = ndimage.gaussian_filter1d(sums, RIDGE * PHASES / (2 * np.pi), mode="wrap")
    sums = np.roll(sums, -sums.argmin())
    least = PROMINENCE * np.ptp(sums)
    return len(signal.find_peaks(np.append(sums, sums[0]), prominence=least)[0])
