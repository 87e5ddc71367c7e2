"""Wavenumbers of a square stamp, and the seeing on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import galsim
import numpy as np
import torch

from skyloom.clusters.images.psf import Psf
from skyloom.clusters.images.transforms import de_vaucouleurs

# Half light radii [arcsec].
LIMITS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2)


@dataclass(frozen=True)
class Grid:
    """Half the wavenumbers of stamps: the rest mirrors them, images being real."""

    size: int  # side of a stamp, even [px]
    scale: float  # side of a pixel [arcsec]
    # PSF and pixel, complex64 of shape (n_folds, n_bands, size, size // 2 + 1), and the
    # wavenumbers of each fold, (size // 2 + 1,) and (size,) [arcsec^-1].
    psf: torch.Tensor
    kx: tuple[torch.Tensor, ...]
    ky: tuple[torch.Tensor, ...]

    @classmethod
    def of(cls, psfs: Sequence[Psf], size: int, scale: float, fold: bool) -> Grid:
        """Return a grid with the PSFs of the bands.

        With ``fold`` it has also the wavenumbers that sampling folds onto these, up to
        twice the limit along each axis.
        """
        x = np.arange(size // 2 + 1)
        y = np.fft.fftfreq(size, 1.0 / size)
        beyond = np.where(y < 0, y + size, y - size)
        folds = [(x, y), (x - size, y), (x, beyond)] if fold else [(x, y)]
        step = 2 * np.pi / (size * scale)
        seen = [_seeing(psf, size, scale, fold) for psf in psfs]
        middle = seen[0].shape[0] // 2
        planes = [
            np.stack([s[np.ix_((b + middle).astype(int), a + middle)] for s in seen])
            for a, b in folds
        ]
        psf = torch.as_tensor(np.stack(planes), dtype=torch.complex64)
        kx, ky = (tuple(torch.as_tensor(f[i] * step) for f in folds) for i in (0, 1))
        return cls(size, scale, psf, kx, ky)

    def folds(self) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Iterate over kx, ky and the PSF of each fold."""
        return zip(self.kx, self.ky, self.psf, strict=True)


def _seeing(psf: Psf, size: int, scale: float, fold: bool) -> np.ndarray:
    """Return PSF and pixel on all wavenumbers, zero in the middle of the array."""
    side = (4 if fold else 2) * (size // 2) + 1
    image = galsim.ImageCD(side, side, scale=2 * np.pi / (size * scale))
    psf.effective(scale).drawKImage(image)
    return image.array


def folded_size(psfs: Sequence[Psf], scale: float, share: float) -> float:
    """Return the half light radius below which folded power matters [arcsec].

    There the sharpest band loses ``share`` of the peak beyond the sampling limit, for a
    round de Vaucouleurs profile, whose transform falls slowest; 0 where even a point
    loses no more.
    """
    lost = np.array([_lost(psf, scale) for psf in psfs]).max(axis=0)
    enough = lost <= share
    return LIMITS[int(enough.argmax())] if enough.any() else np.inf


def _lost(psf: Psf, scale: float) -> np.ndarray:
    """Return the power beyond the limit relative to that within, by `LIMITS`."""
    size = 32
    power = np.abs(_seeing(psf, size, scale, True))
    k = (np.arange(len(power)) - len(power) // 2) * 2 * np.pi / (size * scale)
    inside = (np.abs(k) <= np.pi / scale) & (np.abs(k[:, None]) <= np.pi / scale)
    u2 = torch.as_tensor(k**2 + k[:, None] ** 2)
    shares = []
    for hlr in LIMITS:
        weight = power * (de_vaucouleurs(u2 * hlr**2).numpy() if hlr else 1.0)
        shares.append(weight[~inside].sum() / weight[inside].sum())
    return np.array(shares)
