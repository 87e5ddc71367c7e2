"""A density map in slices of photometric redshift, in the manner of PZWav.

Galaxies are spread over redshift by their fit to the red sequence, each slice is
filtered with a difference of Gaussians of fixed physical size, and peaks are compared
with what the same galaxies give at random places. Source: Gonzalez 2014, Building the
Euclid Cluster Survey (conf. proc.); Werner et al. 2023 (MNRAS 519, 2630), section 3.
"""

from __future__ import annotations

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS
from scipy.ndimage import gaussian_filter, maximum_filter, uniform_filter1d

from skyloom.clusters.baselines.colour_filter import CHI2_MOST, I_BAND, Fit, fit_ridge
from skyloom.clusters.baselines.matched_filter import LIMIT, MEASURED, listed
from skyloom.clusters.baselines.photometry import arrays, unit_vectors
from skyloom.clusters.baselines.profiles import FAINTEST, visible_share
from skyloom.clusters.baselines.randoms import Inside
from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.sky.tan import tan_wcs

SLICES = 0.08 + 0.02 * np.arange(43)
INNER, OUTER = 0.4, 1.2  # standard deviations of the two Gaussians [physical Mpc]
CELL = 15.0  # side of a pixel of the map [arcsec]
WIDTH = 3  # slices over which a slice's galaxies are gathered
RANDOMS = 4  # realisations of random places that give the noise
LEAST_VISIBLE = 0.3  # of the members, which the catalogue's limit must show in a slice
LEAST_SCORE = 3.0  # signal to noise of the faintest peak
# Galaxies above the mean within 1 Mpc of a peak: where a slice is nearly empty the
# noise is not Gaussian, and one galaxy makes a peak.
LEAST_MEMBERS = 3.0
SEPARATION, SAME_Z = 1.0, 0.06  # Mpc, and over 1 + z, within which two peaks are one


def find_overdensities(
    galaxies: Table,
    red_sequence: RedSequence,
    inside: Inside,
    rng: np.random.Generator,
    z: np.ndarray = SLICES,
) -> Table:
    """Find peaks of the density of galaxies of one photometric redshift.

    Parameters
    ----------
    galaxies : Table
        RA, DEC [deg], MAG and MAG_ERR of shape (n, 4) in g, r, i, z [AB mag].
    red_sequence : RedSequence
        Colours and m*.
    inside : callable
        ``inside(ra, dec)``, the footprint.
    rng : Generator
        For the random places.
    z : ndarray, shape (nz,)
        Slices of redshift.

    Returns
    -------
    Table
        The columns of the matched filter: SCORE is the signal to noise, LAMBDA the
        galaxies within 1 Mpc above the mean of the slice, MASKFRAC of that circle
        (LAMBDA does not make it good), ROW -1; best first.
    """
    _, mag, mag_err = arrays(galaxies)
    if len(galaxies) == 0:
        return listed([])
    fit = fit_ridge(mag, mag_err, red_sequence, z)
    deep = visible_share(LIMIT - red_sequence.m_star(z)[:, I_BAND]) >= LEAST_VISIBLE
    weights = slice_weights(fit) * deep[:, None]
    ra, dec = (np.asarray(galaxies[name], float) for name in ("RA", "DEC"))
    wcs, seen = make_grid(ra, dec, inside)
    places = wcs.wcs_world2pix(ra, dec, 0)[::-1]
    cube = signal_to_noise(seen, places, z, weights, rng)
    vectors = unit_vectors(ra, dec)
    found = [
        _measured(peak, cube, wcs, seen, fit, weights, vectors)
        for peak in _apart(wcs, z, _peaks(cube))
    ]
    return listed([f for f in found if f["LAMBDA"] >= LEAST_MEMBERS])


def slice_weights(fit: Fit) -> np.ndarray:
    """Return how much of each galaxy is in each slice of redshift, shape (nz, n).

    A galaxy's probability follows exp(-chi2 / 2) of its fit to the red sequence.
    Galaxies that fit it nowhere count nothing, nor do those below 0.2 L*.
    """
    least = fit.chi2.min(axis=0)
    likelihood = np.exp(-(fit.chi2 - least) / 2)
    probability = likelihood / likelihood.sum(axis=0) * (least < CHI2_MOST)
    gathered = uniform_filter1d(probability, WIDTH, axis=0, mode="constant") * WIDTH
    return gathered * (fit.relative <= FAINTEST)


def make_grid(
    ra: np.ndarray, dec: np.ndarray, inside: Inside
) -> tuple[WCS, np.ndarray]:
    """Lay a map over galaxies; return its WCS, and 1 (ny, nx) inside the footprint."""
    middle = unit_vectors(ra, dec).mean(axis=0)
    ra0 = float(np.degrees(np.arctan2(middle[1], middle[0])) % 360)
    dec0 = float(np.degrees(np.arcsin(middle[2] / np.linalg.norm(middle))))
    x, y = tan_wcs(ra0, dec0, (1, 1), CELL).wcs_world2pix(ra, dec, 0)
    half = [int(np.ceil(np.abs(v).max())) + 1 for v in (y, x)]
    shape = (2 * half[0] + 1, 2 * half[1] + 1)
    wcs = tan_wcs(ra0, dec0, shape, CELL)
    rows, cols = np.indices(shape)
    where = wcs.wcs_pix2world(cols.ravel(), rows.ravel(), 0)
    seen = np.asarray(inside(*where), bool).reshape(shape)
    # A galaxy's own cell has been seen, whatever its middle.
    x, y = wcs.wcs_world2pix(ra, dec, 0)
    counts = _binned(y, x, np.ones(len(ra)), shape)
    return wcs, (seen | (counts > 0)).astype(float)


def signal_to_noise(
    seen: np.ndarray, places, z: np.ndarray, weights: np.ndarray, rng
) -> np.ndarray:
    """Return the filtered density over its noise, shape (nz, ny, nx), float32.

    ``places`` are rows and columns of galaxies. The noise of a slice is the standard
    deviation of the map of the same galaxies at random places of the footprint.
    """
    inside = seen > 0
    free, n = np.argwhere(inside), len(places[0])
    drawn = free[rng.integers(0, len(free), (RANDOMS, n))]
    cube = np.zeros((len(z), *seen.shape), np.float32)
    for k in range(len(z)):
        scale = arcsec_per_mpc(z[k]) / CELL
        sigmas = (INNER * scale, OUTER * scale)
        norms = [np.maximum(_smooth(seen, s), 0.05) for s in sigmas]
        maps = [
            _filtered(place, weights[k], seen, sigmas, norms)
            for place in (places, *(d.T for d in drawn))
        ]
        noise = np.std([m[inside] for m in maps[1:]])
        if noise > 0:
            cube[k] = np.where(inside, maps[0] / noise, 0.0)
    return cube


def _filtered(place, weight, seen, sigmas, norms) -> np.ndarray:
    counts = _binned(*place, weight, seen.shape)
    near, far = (_smooth(counts, s) / n for s, n in zip(sigmas, norms, strict=True))
    return near - far


def _smooth(image: np.ndarray, sigma: float) -> np.ndarray:
    return gaussian_filter(image, sigma, mode="constant", truncate=3.0)


def _binned(rows, cols, weight, shape) -> np.ndarray:
    edges = [np.arange(n + 1) - 0.5 for n in shape]
    return np.histogram2d(rows, cols, edges, weights=weight)[0]


def _peaks(cube: np.ndarray) -> np.ndarray:
    """Return index of slice, row, column of local maxima, the highest first."""
    highest = (cube == maximum_filter(cube, size=3)) & (cube >= LEAST_SCORE)
    peaks = np.argwhere(highest)
    return peaks[np.argsort(-cube[highest], kind="stable")]


def _apart(wcs: WCS, z: np.ndarray, peaks: np.ndarray) -> list[np.ndarray]:
    """Return peaks that are not beside a higher one."""
    ra, dec = wcs.wcs_pix2world(peaks[:, 2], peaks[:, 1], 0)
    vectors, kept = unit_vectors(ra, dec), []
    own = z[peaks[:, 0]]
    reach = SEPARATION * arcsec_per_mpc(own) * np.pi / 648000
    left = np.ones(len(peaks), bool)
    for row in range(len(peaks)):
        if left[row]:
            kept.append(peaks[row])
            near = np.linalg.norm(vectors - vectors[row], axis=1) < reach[row]
            same = np.abs(own - own[row]) < SAME_Z * (1 + own[row])
            left &= ~(near & same)
    return kept


def _measured(peak, cube, wcs: WCS, seen, fit: Fit, weights, vectors) -> dict:
    (k, row, col), z = peak, fit.z
    ra, dec = wcs.wcs_pix2world(col, row, 0)
    along = slice(max(k - 4, 0), k + 5)
    height = np.maximum(cube[along, row, col].astype(float), 0.0) ** 2
    mean = (height * z[along]).sum() / height.sum()
    spread = (height * (z[along] - mean) ** 2).sum() / height.sum()
    near = np.linalg.norm(vectors - unit_vectors(ra, dec), axis=1)
    near = near * 648000 / np.pi < arcsec_per_mpc(z[k])
    radius = arcsec_per_mpc(z[k]) / CELL
    cells = np.pi * radius**2
    expected = weights[k].sum() / seen.sum() * cells
    rows, cols = np.indices(seen.shape)
    known = seen[np.hypot(rows - row, cols - col) < radius].sum()
    counted = weights[k][near].sum()
    values = (ra % 360, dec, cube[k, row, col], mean, max(np.sqrt(spread), fit.step))
    values = (*values, counted - expected, np.sqrt(max(counted, 1.0)))
    values = (*values, max(1 - known / cells, 0.0))
    return dict(zip(MEASURED, values, strict=True)) | {"ROW": -1}
