"""What a survey's catalogue would say of a simulated field: noise, losses, mistakes.

Blending is not simulated: each source is measured as if it stood alone. That favours
whoever works on this catalogue, and a real one is a little worse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from skyloom.clusters.bands import APERTURE, BANDS, flux, magnitude
from skyloom.clusters.catalogue.table import FLUXES

SIGMA_OF_FWHM = 1 / np.sqrt(8 * np.log(2))
SIGMA_OF_HALF_LIGHT = 1 / np.sqrt(2 * np.log(2))  # of a round Gaussian
MAG_OF_SHARE = 2.5 / np.log(10)
LEAST_SNR = 8.0  # in i, of a source in the catalogue
FLOOR = 0.01  # error that no magnitude goes below: calibration, sky, models [mag]
EXTENDED = 0.08  # share by which a galaxy's measured size exceeds the PSF's


@dataclass(frozen=True, slots=True)
class SurveyDepth:
    """How well a survey measures, in g, r, i and z."""

    depth: tuple[float, ...]  # at signal to noise 10 in the aperture [AB mag]
    seeing: tuple[float, ...]  # FWHM of the point spread function [arcsec]


def observed(table: Table, rng: np.random.Generator, depth: SurveyDepth) -> Table:
    """Return the catalogue that a survey would make of a field's sources.

    Returns
    -------
    Table
        The detected sources: RA, DEC [deg], MAG and MAG_ERR of shape (n, 4) in g, r, i,
        z [AB mag], GALAXY (as classified, by size), ROW (index in `table`). Where a
        flux is below its error, MAG is that of the error and MAG_ERR that of a signal
        to noise of one.
    """
    true = np.stack([np.asarray(table[name], float) for name in FLUXES], axis=-1)
    size = np.asarray(table["HLR"], float)
    error = flux_errors(true, size, depth)
    measured = true + error * rng.standard_normal(true.shape)
    snr = measured[:, BANDS.index("i")] / error[:, BANDS.index("i")]
    galaxy = classified(size, snr, rng, depth)
    rows = np.flatnonzero(snr >= LEAST_SNR)
    mag, mag_err = magnitudes(measured[rows], error[rows])
    found = {k: np.asarray(table[k], float)[rows] for k in ("RA", "DEC")}
    found |= {"MAG": mag, "MAG_ERR": mag_err, "GALAXY": galaxy[rows], "ROW": rows}
    return Table(found)


def flux_errors(flux_true: np.ndarray, hlr: np.ndarray, depth: SurveyDepth):
    """Return the error of fluxes measured with a matched Gaussian, (n, 4) [counts].

    The sky's part covers 4 pi sigma^2, the noise area of a matched Gaussian filter
    (King 1983, PASP 95, 163); the floor is a share of the flux.

    Parameters
    ----------
    flux_true : ndarray, shape (n, 4)
        Fluxes [counts].
    hlr : ndarray, shape (n,)
        Half-light radii before the atmosphere [arcsec], 0 for stars.
    depth : SurveyDepth
        Depth and seeing.
    """
    aperture = np.pi * (APERTURE / 2) ** 2
    sky = flux(np.array(depth.depth)) / 10.0 / np.sqrt(aperture)  # of a square arcsec
    sigma2 = _widths(hlr, depth) ** 2
    floor = FLOOR / MAG_OF_SHARE * flux_true
    return np.sqrt(sky**2 * 4 * np.pi * sigma2 + floor**2)


def classified(
    hlr: np.ndarray, snr: np.ndarray, rng: np.random.Generator, depth: SurveyDepth
) -> np.ndarray:
    """Return which sources a catalogue calls galaxies, by their measured size in i.

    The width of a Gaussian is measured to a share of 1 / S/N, so that faint stars and
    small galaxies are mistaken for each other.
    """
    i = BANDS.index("i")
    ratio = _widths(hlr, depth)[:, i] / (depth.seeing[i] * SIGMA_OF_FWHM)
    noise = rng.standard_normal(len(ratio)) / np.maximum(snr, 1.0)
    return ratio * (1 + noise) > 1 + EXTENDED


def magnitudes(measured: np.ndarray, error: np.ndarray):
    """Return AB magnitudes and their errors; a flux below its error counts as that."""
    shown = np.maximum(measured, error)
    return magnitude(shown), MAG_OF_SHARE * error / shown


def arrays(galaxies: Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return unit vectors (n, 3), magnitudes and errors (n, 4) of galaxies."""
    n = len(galaxies)
    # A table without rows keeps no shape for its vectors.
    mag, err = (
        np.asarray(galaxies[name], float).reshape(n, len(BANDS))
        for name in ("MAG", "MAG_ERR")
    )
    return unit_vectors(galaxies["RA"], galaxies["DEC"]), mag, err


def unit_vectors(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return directions as unit vectors, shape (n, 3), from degrees."""
    ra, dec = (np.radians(np.asarray(v, float)) for v in (ra, dec))
    return np.stack(
        [np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1
    )


def _widths(hlr: np.ndarray, depth: SurveyDepth) -> np.ndarray:
    """Return sigma of a source after the atmosphere, shape (n, 4) [arcsec]."""
    seeing = np.array(depth.seeing) * SIGMA_OF_FWHM
    own = np.asarray(hlr, float)[:, None] * SIGMA_OF_HALF_LIGHT
    return np.hypot(seeing, own)
