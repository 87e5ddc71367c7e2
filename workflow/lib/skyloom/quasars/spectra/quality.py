"""What can be said of a spectrum before any network: signal and dead arms."""

from __future__ import annotations

import numpy as np

from skyloom.io.spectra import Spectra

# Bits of DESI's cameras b, r and z, and wavelengths (Å) that only one of them sees; b
# ends with a pixel at 5800 and r with one at 7620. A joined spectrum is judged by the
# same ranges: a network misses the same lines.
RANGES = {1: (3600.0, 5760.0), 2: (5801.0, 7520.0), 4: (7621.0, 9824.0)}


def dead_arms(spectra: Spectra) -> np.ndarray:
    """Return the bits (b 1, r 2, z 4) of cameras without one usable pixel, int64 (n,).

    A camera that the file does not have is dead for all its spectra.
    """
    bits = np.zeros(len(spectra), dtype=np.int64)
    for bit, limits in RANGES.items():
        alive = np.zeros(len(spectra), dtype=bool)
        for arm in spectra.arms:
            low, high = np.searchsorted(arm.wave, limits)
            alive |= (arm.ivar[:, low:high] > 0).any(axis=1)
        bits |= np.where(alive, 0, bit)
    return bits


def signal_to_noise(spectra: Spectra) -> np.ndarray:
    """Return the median of flux √ivar over usable native pixels, (n,), NaN of none."""
    ratio = np.concatenate(
        [arm.flux * np.sqrt(arm.ivar) for arm in spectra.arms], axis=1
    ).astype(np.float64)
    usable = np.concatenate([arm.ivar > 0 for arm in spectra.arms], axis=1)
    medians = np.full(len(spectra), np.nan)
    for i in np.flatnonzero(usable.any(axis=1)):
        medians[i] = np.median(ratio[i, usable[i]])
    return medians
