"""Sizes, shapes and profiles of galaxies before the atmosphere."""

from __future__ import annotations

import numpy as np

# Median half-light radius [arcsec] at i = 22, its slope with magnitude, and scatter of
# ln r: HST counts of late and early types (GREAT3's COSMOS sample, Mandelbaum et al.
# 2014, ApJS 212, 5, fig. 3, read off and rounded).
RADIUS_AT_22 = 0.55
SLOPE = -0.11
SCATTER = 0.45
SMALLEST, LARGEST = 0.05, 12.0  # arcsec
# Rms of one component of the reduced shear of discs and spheroids, and the largest.
SHAPE_RMS = {"late": 0.26, "early": 0.18}
MOST_SHEAR = 0.75


def radii(rng: np.random.Generator, i_mag: np.ndarray) -> np.ndarray:
    """Return half-light radii [arcsec] of galaxies of given i magnitudes."""
    median = RADIUS_AT_22 * 10.0 ** (SLOPE * (np.asarray(i_mag) - 22.0))
    drawn = median * np.exp(rng.normal(0.0, SCATTER, len(i_mag)))
    return np.clip(drawn, SMALLEST, LARGEST)


def shears(
    rng: np.random.Generator, early: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the components of isotropic reduced shears; spheroids are rounder."""
    rms = np.where(early, SHAPE_RMS["early"], SHAPE_RMS["late"])
    size = np.minimum(rms * np.sqrt(-2 * np.log1p(-rng.random(len(rms)))), MOST_SHEAR)
    turn = rng.uniform(0, 2 * np.pi, len(rms))
    return size * np.cos(turn), size * np.sin(turn)


def bulge_shares(rng: np.random.Generator, early: np.ndarray) -> np.ndarray:
    """Return the share of the light in a de Vaucouleurs profile, 0 to 1."""
    drawn = rng.random(len(early))
    return np.where(early, 0.7 + 0.3 * drawn, 0.3 * drawn**2)
