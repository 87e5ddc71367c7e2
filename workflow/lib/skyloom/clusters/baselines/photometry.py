"""Magnitudes and places of galaxies, as the finders take them."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from skyloom.clusters.bands import BANDS, magnitude

MAG_OF_SHARE = 2.5 / np.log(10)
LEAST_SNR = 8.0  # in i, of a source in the catalogue
FLOOR = 0.01  # error that no magnitude goes below: calibration, sky, models [mag]


def with_floor(flux: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return AB magnitudes and errors of fluxes (n, 4); the floor is in the errors.

    A flux below its error counts as that.
    """
    shown = np.maximum(flux, error)
    return magnitude(shown), np.hypot(MAG_OF_SHARE * error / shown, FLOOR)


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
