"""Wavenumbers of a square stamp, and the seeing on them."""

from __future__ import annotations

from collections.abc import Sequence

import galsim
import numpy as np
import torch

from skyloom.clusters.bands import PIXEL_SCALE
from skyloom.clusters.images.psf import Psf
from skyloom.clusters.images.transforms import de_vaucouleurs

# Half light radii [arcsec].
LIMITS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2)


Fold = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def folds(psfs: Sequence[Psf], size: int, *, beyond: bool) -> list[Fold]:
    """Return the wavenumbers of a stamp of some pixels, and PSFs on them.

    Each fold has kx (size // 2 + 1,) and ky (size,) in arcsec^-1, and the bands' PSF
    with the pixel's response, complex64 of shape (n_bands, size, size // 2 + 1): half
    the plane, which the rest mirrors, as images are real. With ``beyond`` there are
    also the wavenumbers that sampling folds onto the first, up to twice the limit.
    """
    x = np.arange(size // 2 + 1)
    y = np.fft.fftfreq(size, 1.0 / size)
    parts = [(x, y)]
    if beyond:
        parts += [(x - size, y), (x, np.where(y < 0, y + size, y - size))]
    seen = np.stack([_seeing(psf, size, beyond) for psf in psfs])
    middle, step = seen.shape[-1] // 2, 2 * np.pi / (size * PIXEL_SCALE)
    found = []
    for a, b in parts:
        psf = seen[:, (b + middle).astype(int)[:, None], a + middle]
        both = torch.as_tensor(a * step), torch.as_tensor(b * step)
        found.append((*both, torch.as_tensor(psf, dtype=torch.complex64)))
    return found


def _seeing(psf: Psf, size: int, fold: bool) -> np.ndarray:
    """Return PSF and pixel on all wavenumbers, zero in the middle of the array."""
    side = (4 if fold else 2) * (size // 2) + 1
    image = galsim.ImageCD(side, side, scale=2 * np.pi / (size * PIXEL_SCALE))
    psf.effective().drawKImage(image)
    return image.array


def folded_size(psfs: Sequence[Psf], share: float) -> float:
    """Return the half light radius below which folded power matters [arcsec].

    There the sharpest band loses ``share`` of the peak beyond the sampling limit, for a
    round de Vaucouleurs profile, whose transform falls slowest; 0 where even a point
    loses no more.
    """
    lost = np.array([_lost(psf) for psf in psfs]).max(axis=0)
    enough = lost <= share
    return LIMITS[int(enough.argmax())] if enough.any() else np.inf


def _lost(psf: Psf) -> np.ndarray:
    """Return the power beyond the limit relative to that within, by `LIMITS`."""
    size = 32
    power = np.abs(_seeing(psf, size, True))
    k = (np.arange(len(power)) - len(power) // 2) * 2 * np.pi / (size * PIXEL_SCALE)
    within = np.abs(k) <= np.pi / PIXEL_SCALE
    inside = within & within[:, None]
    u2 = torch.as_tensor(k**2 + k[:, None] ** 2)
    shares = []
    for hlr in LIMITS:
        weight = power * (de_vaucouleurs(u2 * hlr**2).numpy() if hlr else 1.0)
        shares.append(weight[~inside].sum() / weight[inside].sum())
    return np.array(shares)
