"""Codecs that need no network: the identity, and principal components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Identity:
    """Spectra are their own latent vectors."""

    identity = True

    def encode(self, flux: np.ndarray) -> np.ndarray:
        """Return a copy of the spectra as float32."""
        return np.array(flux, np.float32)

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """Return a copy of the latent vectors."""
        return np.array(latent, np.float32)


@dataclass(frozen=True, eq=False)
class Principal:
    """Principal components: orthonormal `axes`, (latent, pixels), and a mean."""

    mean: np.ndarray
    axes: np.ndarray

    def encode(self, flux: np.ndarray) -> np.ndarray:
        """Return the amplitudes along the axes."""
        return ((flux - self.mean) @ self.axes.T).astype(np.float32)

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """Return mean plus amplitudes times axes."""
        return (latent @ self.axes + self.mean).astype(np.float32)
