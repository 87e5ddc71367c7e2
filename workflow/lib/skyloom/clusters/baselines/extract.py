"""The catalogue of a survey tile, measured on its images with SExtractor's methods.

Sources are found on r, i and z together, neighbours parted, and measured: the i
magnitude in Kron's ellipse, colours in one small circle after all bands have been
brought to the widest seeing, so that neighbours and seeing do not make colours.

Sources: Bertin & Arnouts 1996 (A&AS 117, 393), by sep (Barbary 2016, JOSS 1, 58);
Kron 1980 (ApJS 43, 305).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sep
from astropy.table import Table
from scipy.ndimage import gaussian_filter

from skyloom.clusters.bands import BANDS, PIXEL_SCALE
from skyloom.clusters.baselines.photometry import LEAST_SNR, with_floor
from skyloom.stats.scatter import nmad

DETECT = ("r", "i", "z")
BACKGROUND = 128  # px, boxes in which the sky is measured
THRESHOLD, LEAST_PIXELS = 1.5, 5  # sigma of a pixel, and pixels of a source
# Levels and contrast of deblending: a member a hundredth as bright as the central
# galaxy beside it is a source of its own.
LEVELS, CONTRAST = 32, 0.001
STACK = 2_000_000  # pixels above the threshold that sep can hold
KRON, KRON_RANGE = 2.5, (1.5, 6.0)  # radii of the ellipse, in units of Kron's
LEAST_AXIS = 0.8  # px, of the ellipse of a source that hardly has pixels
APERTURE = 1.0  # arcsec, radius of the circle of colours
# Stars: of sources with more than this signal to noise, the commonest half-light
# radius, and how much larger a galaxy's is.
STAR_SNR, EXTENDED = 50.0, 1.1
LEAST_STARS = 10  # sources of that kind, or the least is taken
EMPTY = 2000  # apertures on empty sky that give the error
HALF_LIGHT = np.sqrt(2 * np.log(2))  # of a round Gaussian, over its sigma


def extract(
    images: Mapping[str, np.ndarray], good: np.ndarray, rng: np.random.Generator
) -> Table:
    """Return the sources of a tile.

    Parameters
    ----------
    images : mapping of str to ndarray, shape (ny, nx)
        By band of `BANDS`, counts at zero point 30.
    good : ndarray of bool, shape (ny, nx)
        Pixels that may be used, of all bands.
    rng : Generator
        Of the places that measure the noise.

    Returns
    -------
    Table
        X, Y [px from 0], MAG and MAG_ERR of shape (n, 4) [AB mag], GALAXY: those
        that are larger than stars. Where a flux is below its error, MAG is that of the
        error and MAG_ERR that of a signal to noise of one.
    """
    bad = ~good
    flat = {band: _without_sky(images[band], bad) for band in BANDS}
    found, segments = _detected(flat, bad)
    if not len(found):
        return _table(found, np.zeros((0, 4)), np.zeros((0, 4)), np.zeros(0, bool))
    total, radius = _totals(flat["i"][0], bad, found, segments)
    star = _star_radius(total / flat["i"][1], radius)
    radii = dict.fromkeys(BANDS, star)
    stars = (radius < EXTENDED * star) & (total > STAR_SNR * flat["i"][1])
    if stars.any():
        radii = {b: _half_light(flat[b][0], bad, found[stars]) for b in BANDS}
    empty = _empty_places(segments, bad, rng)
    flux, error = _apertures(flat, bad, radii, (found["x"], found["y"]), empty)
    share = total / np.maximum(flux[:, BANDS.index("i")], error[:, BANDS.index("i")])
    keep = flux[:, BANDS.index("i")] > LEAST_SNR * error[:, BANDS.index("i")]
    # Colours are the circle's, and the i magnitude is Kron's.
    scale = np.maximum(share, 1.0)[keep, None]
    galaxy = radius[keep] > EXTENDED * star
    return _table(found[keep], flux[keep] * scale, error[keep] * scale, galaxy)


def _table(found, flux, error, galaxy) -> Table:
    mag, mag_err = with_floor(flux, error)
    table = Table({"X": np.asarray(found["x"]), "Y": np.asarray(found["y"])})
    table["MAG"], table["MAG_ERR"], table["GALAXY"] = mag, mag_err, galaxy
    return table


def _without_sky(image: np.ndarray, bad: np.ndarray) -> tuple[np.ndarray, float]:
    """Return an image less its sky, 0 where it is bad, and the noise of a pixel."""
    pixels = np.where(bad, 0.0, image).astype(np.float32)
    box = min(BACKGROUND, *pixels.shape)
    sky = sep.Background(pixels, mask=bad, bw=box, bh=box)
    flat = pixels - sky.back()
    flat[bad] = 0.0
    return flat, float(sky.globalrms)


def _detected(flat: Mapping, bad: np.ndarray):
    """Return sep's sources, and the image of their numbers from 1."""
    weight = {band: 1 / flat[band][1] ** 2 for band in DETECT}
    total = np.sqrt(sum(weight[b] for b in DETECT))
    both = sum(weight[band] * flat[band][0] for band in DETECT) / total
    sep.set_extract_pixstack(STACK)
    return sep.extract(
        both.astype(np.float32),
        THRESHOLD,
        mask=bad,
        minarea=LEAST_PIXELS,
        deblend_nthresh=LEVELS,
        deblend_cont=CONTRAST,
        segmentation_map=True,
    )


def _totals(image, bad, found, segments) -> tuple[np.ndarray, np.ndarray]:
    """Return fluxes in Kron's ellipse, and half-light radii [px]."""
    a, b = (np.maximum(found[axis], LEAST_AXIS) for axis in ("a", "b"))
    # In single precision an upright ellipse may be turned by more than a right angle.
    turn = np.clip(found["theta"].astype(float), -np.pi / 2, np.pi / 2)
    shape = (found["x"], found["y"], a, b, turn)
    own = {"mask": bad, "segmap": segments, "seg_id": np.arange(1, len(found) + 1)}
    kron, _ = sep.kron_radius(image, *shape, 6.0, **own)
    kron = np.clip(np.nan_to_num(kron), *KRON_RANGE)
    total, _, _ = sep.sum_ellipse(image, *shape, KRON * kron, **own)
    return total, _radius(image, bad, found, total)


def _radius(image, bad, found, total) -> np.ndarray:
    far = 6 * np.maximum(found["a"], 1.0)
    whole = np.maximum(total, 1.0)
    places = (found["x"], found["y"])
    radius, _ = sep.flux_radius(
        image, *places, far, 0.5, normflux=whole, mask=bad, subpix=5
    )
    return radius


def _half_light(image, bad, stars) -> float:
    """Return the median half-light radius of stars [px]."""
    circle = sep.sum_circle(image, stars["x"], stars["y"], 3 / PIXEL_SCALE, mask=bad)
    return float(np.median(_radius(image, bad, stars, circle[0])))


def _star_radius(snr: np.ndarray, radius: np.ndarray) -> float:
    """Return the half-light radius of stars: where those of bright sources crowd."""
    bright = np.sort(radius[(snr > STAR_SNR) & (radius > 0)])
    if len(bright) < LEAST_STARS:
        return float(bright[0] if len(bright) else np.median(radius))
    n = max(len(bright) // 10, 5)
    width = bright[n:] / bright[:-n]
    first = int(np.argmin(width))
    return float(np.median(bright[first : first + n + 1]))


def _empty_places(segments, bad, rng) -> tuple[np.ndarray, np.ndarray]:
    """Return columns and rows of apertures without a source or a bad pixel."""
    reach = int(np.ceil(APERTURE / PIXEL_SCALE))
    rows, columns = (
        rng.integers(reach, max(n - reach, reach + 1), 4 * EMPTY)
        for n in segments.shape
    )
    used = (segments > 0) | bad
    steps = np.arange(-reach, reach + 1)
    free = np.ones(len(rows), bool)
    for dy in steps:
        for dx in steps[np.hypot(steps, dy) <= reach]:
            y, x = (
                np.clip(v, 0, n - 1)
                for v, n in zip((rows + dy, columns + dx), used.shape, strict=True)
            )
            free &= ~used[y, x]
    kept = np.flatnonzero(free)[:EMPTY]
    return columns[kept].astype(float), rows[kept].astype(float)


def _apertures(flat, bad, radii, places, empty) -> tuple[np.ndarray, np.ndarray]:
    """Return fluxes and errors in the circle, (n, 4), at the widest band's seeing."""
    widest = max(radii.values())
    flux, error = [], []
    for band in BANDS:
        wider = np.sqrt(max(widest**2 - radii[band] ** 2, 0.0)) / HALF_LIGHT
        image = gaussian_filter(flat[band][0], wider) if wider > 0.1 else flat[band][0]
        here, blank = (
            sep.sum_circle(image, *at, APERTURE / PIXEL_SCALE, mask=bad)[0]
            for at in (places, empty)
        )
        least = flat[band][1] * np.sqrt(np.pi) * APERTURE / PIXEL_SCALE
        # Of the sky's correlated noise, and of what lies below the threshold in it.
        noise = max(nmad(blank), least) if len(blank) > 1 else least
        flux.append(here)
        error.append(np.full(len(here), noise))
    return np.stack(flux, axis=-1), np.stack(error, axis=-1)
