"""Dust of star-forming galaxies."""

from __future__ import annotations

import numpy as np

GAS = 0.44  # E(B-V) of the stars over that of the gas (Calzetti 2001, PASP 113, 1449)


def curve(wave: np.ndarray) -> np.ndarray:
    """Return k(λ) = A(λ) / E(B-V) of Calzetti et al. 2000 (ApJ 533, 682), R_V = 4.05.

    `wave` at rest, 1200 to 22000 Å.
    """
    x = 1e4 / np.asarray(wave, dtype=np.float64)
    blue = -2.156 + 1.509 * x - 0.198 * x**2 + 0.011 * x**3
    return 2.659 * np.where(x > 1 / 0.63, blue, -1.857 + 1.040 * x) + 4.05


def transmission(ebv: np.ndarray, wave: np.ndarray) -> np.ndarray:
    """Return the share of the light that passes, shape (n, len(wave)), float32.

    `ebv` [mag] has shape (n,); `wave` [Å] is at rest.
    """
    depth = (-0.4 * np.log(10) * curve(np.atleast_1d(wave))).astype(np.float32)
    return np.exp(np.float32(ebv)[:, None] * depth)
