"""The wavelengths on which targets are made, and the way to an instrument's pixels.

The frame is logarithmic with the step of SDSS, so a velocity is a number of pixels:
lines keep their width in pixels, Lyman series lie at fixed distances, and BOSS
spectra are slices of it. It reaches a little beyond BOSS on both sides.
"""

from __future__ import annotations

import numpy as np

from skyloom.quasars.network.lines import C as LIGHT

STEP = 1e-4  # dex
START = 3.5495  # log10 Å
SIZE = 4700
LOG_WAVE = START + STEP * np.arange(SIZE)
WAVE = 10.0**LOG_WAVE  # pixel centres, 3544 to 10456 Å, vacuum
PIXEL = LIGHT * np.log(10.0) * STEP  # km/s, 69.03
PIXEL_LN = np.log(10.0) * STEP  # dλ/λ of one pixel
BAND = slice(526, 2957)  # 4000 to 7000 Å, where magnitudes are measured
PIVOT = 5300.0  # Å
ZERO = 3631e-23 * LIGHT * 1e13 / PIVOT**2 / 1e-17  # f_λ of AB magnitude 0 there


def pixel(wave: np.ndarray | float) -> np.ndarray:
    """Return the place of wavelengths (Å) on the frame, in pixels, not rounded."""
    return (np.log10(wave) - START) / STEP


def rest(z: np.ndarray) -> np.ndarray:
    """Return the rest wavelengths of the frame, shape (n, SIZE), Å, float32."""
    return (WAVE[None, :] / (1.0 + np.asarray(z)[:, None])).astype(np.float32)


def to_wave(flux: np.ndarray, wave: np.ndarray) -> np.ndarray:
    """Interpolate flux densities (n, SIZE) to other wavelengths, shape (n, m)."""
    wanted = np.log10(wave)
    left = np.searchsorted(LOG_WAVE, wanted, side="right") - 1
    left = np.clip(left, 0, SIZE - 2)
    part = (wanted - LOG_WAVE[left]) / (LOG_WAVE[left + 1] - LOG_WAVE[left])
    part = np.clip(part, 0.0, 1.0).astype(np.float32)
    return flux[:, left] * (1 - part) + flux[:, left + 1] * part


def scaled(flux: np.ndarray, magnitude: np.ndarray) -> np.ndarray:
    """Scale spectra (n, SIZE) to AB magnitudes (n,) over 4000 to 7000 Å.

    The result is in 1e-17 erg/s/cm2/Å, float32.
    """
    mean = flux[:, BAND].mean(axis=1)
    wanted = ZERO * 10.0 ** (-0.4 * np.asarray(magnitude))
    return (flux * (wanted / mean)[:, None]).astype(np.float32)
