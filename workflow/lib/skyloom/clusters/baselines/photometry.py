"""What a survey's catalogue would say of a simulated field: noise, losses, mistakes.

Blending is not simulated: each source is measured as if it stood alone. That favours
whoever works on this catalogue, and a real one is a little worse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from skyloom.clusters.bands import BANDS, flux, magnitude
from skyloom.clusters.catalogue.table import FLUXES

SIGMA_OF_FWHM = 1 / np.sqrt(8 * np.log(2))
SIGMA_OF_HALF_LIGHT = 1 / np.sqrt(2 * np.log(2))  # of a round Gaussian
MAG_OF_SHARE = 2.5 / np.log(10)
KEPT = ("RA", "DEC", "X", "Y")
MEASURED = ("RA", "DEC", "MAG", "MAG_ERR")


@dataclass(frozen=True, slots=True)
class SurveyDepth:
    """How well a survey measures.

    Attributes
    ----------
    depth : tuple of 4 float
        Magnitude in g, r, i, z at signal to noise 10 in the aperture [AB mag].
    seeing : tuple of 4 float
        FWHM of the point spread function [arcsec].
    aperture : float
        Diameter of the aperture of `depth` [arcsec].
    least_snr : float
        Sources below this signal to noise in i are not in the catalogue.
    floor : float
        Error that no magnitude goes below: calibration, sky, models [mag].
    extended : float
        A source is called a galaxy where its measured size exceeds the point spread
        function's by this share.

    Notes
    -----
    Depths, seeing and aperture: DES DR2 (Abbott et al. 2021, ApJS 255, 20).
    """

    depth: tuple[float, float, float, float] = (24.7, 24.4, 23.8, 23.1)
    seeing: tuple[float, float, float, float] = (1.11, 0.95, 0.88, 0.83)
    aperture: float = 1.95
    least_snr: float = 8.0
    floor: float = 0.01
    extended: float = 0.08


def observed(
    table: Table, rng: np.random.Generator, depth: SurveyDepth | None = None
) -> Table:
    """Return the catalogue that a survey would make of a field.

    Parameters
    ----------
    table : Table
        The sources, columns as in `skyloom.clusters.catalogue.table.COLUMNS`.
    rng : Generator
        Of the field.
    depth : SurveyDepth, optional
        That of DES DR2 if not given.

    Returns
    -------
    Table
        The detected sources: RA, DEC [deg], X, Y [px], MAG and MAG_ERR of shape (n, 4)
        in g, r, i, z [AB mag], SNR in i, GALAXY (as classified, by size), ROW (index
        in `table`). Where a flux is below its error, MAG is that of the error and
        MAG_ERR that of a signal to noise of one.

    Raises
    ------
    ValueError
        For a column that is missing.
    """
    depth = depth or SurveyDepth()
    missing = [name for name in (*KEPT, *FLUXES, "HLR") if name not in table.colnames]
    if missing:
        msg = f"the catalogue of the field has no column {', '.join(missing)}"
        raise ValueError(msg)
    true = np.stack([np.asarray(table[name], float) for name in FLUXES], axis=-1)
    size = np.asarray(table["HLR"], float)
    error = flux_errors(true, size, depth)
    measured = true + error * rng.standard_normal(true.shape)
    snr = measured[:, BANDS.index("i")] / error[:, BANDS.index("i")]
    galaxy = classified(size, snr, rng, depth)
    rows = np.flatnonzero(snr >= depth.least_snr)
    mag, mag_err = magnitudes(measured[rows], error[rows])
    found = Table({name: np.asarray(table[name], float)[rows] for name in KEPT})
    found["MAG"], found["MAG_ERR"] = mag, mag_err
    found["SNR"], found["GALAXY"], found["ROW"] = snr[rows], galaxy[rows], rows
    return found


def flux_errors(flux_true: np.ndarray, hlr: np.ndarray, depth: SurveyDepth):
    """Return the error of fluxes measured with a matched Gaussian [counts].

    Parameters
    ----------
    flux_true : ndarray, shape (n, 4)
        Fluxes [counts].
    hlr : ndarray, shape (n,)
        Half-light radii before the atmosphere [arcsec], 0 for stars.
    depth : SurveyDepth
        Depth and seeing.

    Returns
    -------
    ndarray, shape (n, 4)
        The sky's part covers 4 pi sigma^2, the noise area of a matched Gaussian
        filter (King 1983, PASP 95, 163); the floor is a share of the flux.
    """
    aperture = np.pi * (depth.aperture / 2) ** 2
    sky = flux(np.array(depth.depth)) / 10.0 / np.sqrt(aperture)  # of a square arcsec
    sigma2 = _widths(hlr, depth) ** 2
    floor = depth.floor / MAG_OF_SHARE * flux_true
    return np.sqrt(sky**2 * 4 * np.pi * sigma2 + floor**2)


def classified(
    hlr: np.ndarray, snr: np.ndarray, rng: np.random.Generator, depth: SurveyDepth
) -> np.ndarray:
    """Return which sources a catalogue calls galaxies, by their measured size in i.

    The width of a Gaussian is measured to a share of 1 / S/N, so that faint stars and
    small galaxies are mistaken for each other.

    Parameters
    ----------
    hlr, snr : ndarray, shape (n,)
        Half-light radius [arcsec] and signal to noise in i.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    i = BANDS.index("i")
    ratio = _widths(hlr, depth)[:, i] / (depth.seeing[i] * SIGMA_OF_FWHM)
    noise = rng.standard_normal(len(ratio)) / np.maximum(snr, 1.0)
    return ratio * (1 + noise) > 1 + depth.extended


def magnitudes(measured: np.ndarray, error: np.ndarray):
    """Return magnitudes and their errors; a flux below its error counts as the error.

    Parameters
    ----------
    measured, error : ndarray
        Fluxes and their errors [counts].

    Returns
    -------
    mag, mag_err : ndarray
        AB magnitudes.
    """
    shown = np.maximum(measured, error)
    return magnitude(shown), MAG_OF_SHARE * error / shown


def checked(galaxies: Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return directions, magnitudes and errors of a catalogue of galaxies.

    Parameters
    ----------
    galaxies : Table
        With RA, DEC [deg], MAG and MAG_ERR of shape (n, 4).

    Returns
    -------
    places : ndarray, shape (n, 3)
        Unit vectors.
    mag, mag_err : ndarray, shape (n, 4)

    Raises
    ------
    ValueError
        A column is missing or has another shape, a position or magnitude is not
        finite, or an error is not positive.
    """
    missing = [name for name in MEASURED if name not in galaxies.colnames]
    if missing:
        msg = f"the galaxies have no column {', '.join(missing)}"
        raise ValueError(msg)
    values = [np.asarray(galaxies[name], float) for name in MEASURED]
    n = len(galaxies)
    for name, value in zip(MEASURED, values, strict=True):
        shape = (n,) if name in ("RA", "DEC") else (n, len(BANDS))
        # A table without rows keeps no shape for its vectors.
        if n and value.shape != shape:
            msg = f"{name} has shape {value.shape}, expected {shape}: g, r, i, z a row"
            raise ValueError(msg)
        _refuse(name, value, ~np.isfinite(value), "a finite number")
    ra, dec, mag, err = values
    _refuse("MAG_ERR", err, err <= 0, "a positive error")
    return unit_vectors(ra, dec), mag.reshape(n, len(BANDS)), err.reshape(mag.shape)


def unit_vectors(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return directions as unit vectors, shape (n, 3), from degrees."""
    ra, dec = np.radians(ra), np.radians(dec)
    return np.stack(
        [np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1
    )


def _widths(hlr: np.ndarray, depth: SurveyDepth) -> np.ndarray:
    """Return sigma of a source after the atmosphere, shape (n, 4) [arcsec]."""
    seeing = np.array(depth.seeing) * SIGMA_OF_FWHM
    own = np.asarray(hlr, float)[:, None] * SIGMA_OF_HALF_LIGHT
    return np.hypot(seeing, own)


def _refuse(name: str, values: np.ndarray, bad: np.ndarray, expected: str) -> None:
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        msg = f"{name} of row {row} is {values[row]}, expected {expected}"
        raise ValueError(msg)
