"""Masked pixels, filled before spectra are compared by methods that know no masks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.files import RestSpectra


def mean_spectrum(spectra: RestSpectra) -> np.ndarray:
    """Return the mean of the good values of each pixel, float32; 0 where none is."""
    total, count = np.zeros(spectra.grid.pixels), np.zeros(spectra.grid.pixels)
    for flux, good in _parts(spectra):
        total += np.where(good, flux, 0).sum(axis=0, dtype=np.float64)
        count += good.sum(axis=0)
    return (total / np.maximum(count, 1)).astype(np.float32)


def filled(spectra: RestSpectra, by: np.ndarray | SpectralMap) -> Iterator[np.ndarray]:
    """Yield float32 spectra a chunk at a time, their masked pixels filled.

    By one spectrum, shape (pixels,), or by what a map makes of the good pixels.
    """
    for flux, good in _parts(spectra):
        guess = by
        if isinstance(by, SpectralMap):
            guess = by.reconstruct(by.encode(flux, good.astype(np.float32)))
        yield np.where(good, flux, guess)


def _parts(spectra: RestSpectra) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for piece in spectra.pieces(np.arange(len(spectra))):
        yield piece.flux, piece.ivar > 0
