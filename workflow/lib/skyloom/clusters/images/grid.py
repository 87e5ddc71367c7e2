"""Wavenumbers of a square stamp, and the transforms of seeing and galaxies on them.

Those of round galaxies of half light radius one and flux one are functions of u^2, u
the wavenumber times the half light radius.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import galsim
import numpy as np
import torch

from skyloom.clusters.bands import PIXEL_SCALE
from skyloom.clusters.images.psf import Psf

# Half light radius of exp(-r): the root of (1 + x) exp(-x) = 1/2.
EXPONENTIAL_HLR = 1.6783469900166605
LOW, HIGH, NODES = -14.0, 18.0, 8192  # ln u^2 of the table of de Vaucouleurs
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


def exponential(u2: torch.Tensor) -> torch.Tensor:
    """Return the transform of an exponential disc, (1 + (u / 1.678)^2)^-3/2."""
    root = torch.rsqrt(1.0 + u2 * (1.0 / EXPONENTIAL_HLR**2))
    return root * root * root


def de_vaucouleurs(u2: torch.Tensor) -> torch.Tensor:
    """Return the transform of a de Vaucouleurs profile, read from a table.

    It has no closed form; the table is GalSim's, linear in ln u^2, and exact to 1e-5.
    """
    step = (HIGH - LOW) / (NODES - 1)
    place = torch.log(u2.clamp_min(1e-30)).sub_(LOW).mul_(1.0 / step)
    place.clamp_(0.0, NODES - 1.001)
    node = place.long()
    value, rise = _table(u2.dtype)
    place -= node
    return torch.take(rise, node).mul_(place).add_(torch.take(value, node))


@cache
def _table(dtype) -> tuple[torch.Tensor, torch.Tensor]:
    u = np.exp(0.5 * np.linspace(LOW, HIGH, NODES))
    accurate = galsim.GSParams(kvalue_accuracy=1e-7)
    profile = galsim.DeVaucouleurs(half_light_radius=1.0, gsparams=accurate)
    values = np.array([profile.kValue(k, 0.0).real for k in u])
    rise = np.diff(values, append=values[-1])
    return tuple(torch.as_tensor(v, dtype=dtype) for v in (values, rise))
