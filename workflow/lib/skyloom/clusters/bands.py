"""The survey's bands and unit of flux: counts at zero point 30, as in DES coadds."""

from __future__ import annotations

import numpy as np

BANDS = ("g", "r", "i", "z")
ZERO_POINT = 30.0  # AB magnitude of one count
PIXEL_SCALE = 0.263  # arcsec
APERTURE = 1.95  # arcsec, diameter of the aperture of DES's depths


def flux(magnitude: np.ndarray) -> np.ndarray:
    """Return the flux [counts] of an AB magnitude.

    Source: DES DR2 (Abbott et al. 2021, ApJS 255, 20): coadds have zero point 30.
    """
    return 10.0 ** (0.4 * (ZERO_POINT - np.asarray(magnitude, float)))


def magnitude(flux: np.ndarray) -> np.ndarray:
    """Return the AB magnitude of a flux [counts]; infinite where it is not positive."""
    flux = np.asarray(flux, float)
    shown = np.where(flux > 0, flux, 0.0)
    with np.errstate(divide="ignore"):
        return ZERO_POINT - 2.5 * np.log10(shown)
