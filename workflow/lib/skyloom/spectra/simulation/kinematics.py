"""Motions of stars, as a shift and a broadening on the logarithmic grid."""

from __future__ import annotations

import numpy as np
import scipy.fft

PAD = 110  # pixels that join the spectrum's ends


def shifted(total: np.ndarray, pixels: int) -> np.ndarray:
    """Return spectra of Fourier transforms on their first `pixels`, shape (n, pixels).

    `total` is a sum of what `moved` returns.
    """
    size = scipy.fft.next_fast_len(pixels + PAD, real=True)
    return scipy.fft.irfft(total, size, axis=1)[:, :pixels]


def moved(flux: np.ndarray, shift: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Return the Fourier transform of spectra that are shifted and broadened.

    Both are exact for a Gaussian whose transform is the analytic one, however narrow it
    is (Cappellari 2017, MNRAS 466, 798). A straight line joins the last pixel to the
    first; pixels that a shift brings in from beyond an end have no meaning.

    Parameters
    ----------
    flux : ndarray, shape (n, pixels)
        Flux density on a grid equally spaced in log λ.
    shift, sigma : ndarray, shape (n,)
        Shift to the red, and dispersion [pixels].
    """
    n, pixels = flux.shape
    size = scipy.fft.next_fast_len(pixels + PAD, real=True)
    padded = np.empty((n, size), dtype=np.float32)
    padded[:, :pixels] = flux
    ramp = np.arange(1, size - pixels + 1, dtype=np.float32) / (size - pixels + 1)
    ends = padded[:, [pixels - 1]], padded[:, [0]]
    padded[:, pixels:] = ends[0] * (1 - ramp) + ends[1] * ramp
    transform = scipy.fft.rfft(padded, axis=1)
    k = np.arange(transform.shape[1]) / size  # cycles a pixel
    turns = np.outer(shift, k)
    turns -= np.rint(turns)  # exact in float32 from here on
    phase = (-2j * np.pi * turns.astype(np.float32)).astype(np.complex64)
    width = (-2 * np.pi**2 * np.outer(np.square(sigma), k**2)).astype(np.float32)
    phase += width
    return transform * np.exp(phase, out=phase)
