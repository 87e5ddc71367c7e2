"""Many sources at once: transforms multiplied on a grid of wavenumbers, in torch.

A stamp of N pixels is the inverse transform of galaxy x PSF x pixel x shift on N
wavenumbers. The galaxy and the shift serve all bands; PSF and pixel come from GalSim
once for an image. Power beyond the sampling limit folds back into the stamp: small
sources, where it matters, have it added. What needs too large a stamp GalSim draws.

Source: GalSim, Rowe et al. 2015, A&C 10, 121, section 5 (drawing in Fourier space).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.fft
import torch
from astropy.table import Table

from skyloom.clusters.bands import PIXEL_SCALE
from skyloom.clusters.images import galsim_renderer
from skyloom.clusters.images.grid import (
    Fold,
    de_vaucouleurs,
    exponential,
    folded_size,
    folds,
)
from skyloom.clusters.images.psf import Psf
from skyloom.clusters.images.sources import (
    Sources,
    corners,
    reaches,
    sources,
    stamp_sizes,
)

SIZES = (32, 48, 64, 96, 128, 192, 256, 384, 512, 1024)
SHARE = 6e-4  # of the peak, at the edge of a stamp
COUNTS = 0.3  # at that edge: a seventh of the sky's noise in g, less in others
FOLDED = 6e-4  # of the peak, that may be lost beyond the sampling limit
STRIP = 64  # rows of an image that sources are ordered by [px]
BATCH = 2**16  # pixels of stamps at once, about what stays in a core's cache


def render(
    table: Table,
    bands: Sequence[str],
    shape: tuple[int, int],
    psfs: Mapping[str, Psf],
) -> np.ndarray:
    """Draw a catalogue without noise, to 1e-3 of each source's peak.

    See `skyloom.clusters.images.galsim_renderer.render`. Stamps are added up in a fixed
    order, so that the same catalogue gives the same bytes.
    """
    image = np.zeros((len(bands), *shape), np.float32)
    found, seen = _ordered(sources(table, bands)), [psfs[band] for band in bands]
    sizes = stamp_sizes(found, seen, SIZES, SHARE, COUNTS)
    drawn = np.where(sizes == 0, galsim_renderer.SIZES[-1], sizes)
    here = reaches(corners(found, drawn), drawn, shape)
    compact = found.hlr < folded_size(seen, FOLDED)
    for size in SIZES:
        for fold in (False, True):
            rows = np.flatnonzero(here & (sizes == size) & (compact == fold))
            if rows.size:
                waves = folds(seen, size, beyond=fold)
                _bucket(image, found[rows], waves, size)
    galsim_renderer.draw(image, found[here & (sizes == 0)], seen)
    return image


def stamps(found: Sources, waves: Sequence[Fold], size: int) -> np.ndarray:
    """Draw n sources, each in the middle of its own stamp, on `folds` of its size.

    Returns float32 of shape (n_bands, n, size, size) [counts per pixel]; the pixel that
    holds the source is [size // 2, size // 2].
    """
    dx, dy = (v - np.floor(v + 0.5) + size // 2 for v in (found.x, found.y))
    dx, dy = torch.as_tensor(dx), torch.as_tensor(dy)
    total = None
    for kx, ky, psf in waves:
        shift_x = torch.exp(-1j * dx[:, None] * kx * PIXEL_SCALE).to(torch.complex64)
        shift_y = torch.exp(-1j * dy[:, None] * ky * PIXEL_SCALE).to(torch.complex64)
        wave = shift_y[:, :, None] * shift_x[:, None, :]
        if (found.hlr > 0).any():
            wave *= _galaxies(found, kx.float(), ky.float())
        part = wave * psf[:, None]
        total = part if total is None else total.add_(part)
    # scipy's transform, unlike torch's, has the same bytes for any number of threads.
    drawn = scipy.fft.irfft2(total.numpy(), s=(size, size))
    flux = found.flux.T.astype(np.float32)
    return np.multiply(drawn, flux[:, :, None, None], out=drawn)


def _bucket(image, found: Sources, waves: Sequence[Fold], size: int) -> None:
    at_once = max(1, BATCH // size**2)
    for first in range(0, len(found), at_once):
        part = found[first : first + at_once]
        drawn = stamps(part, waves, size)
        for i, corner in enumerate(corners(part, size).tolist()):
            galsim_renderer.add(image, drawn[:, i], corner)


def _ordered(found: Sources) -> Sources:
    """Return sources by rows of pixels: neighbours are then added from the cache."""
    return found[np.lexsort((found.x, found.y // STRIP))]


def _galaxies(found: Sources, kx: torch.Tensor, ky: torch.Tensor) -> torch.Tensor:
    """Return the transforms of galaxies, (n, ny, nx); 1 for points."""
    # k of the round galaxy: S k, S the shear's matrix of determinant one.
    norm = found.hlr**2 / (1 - found.g1**2 - found.g2**2)
    size2 = found.g1**2 + found.g2**2
    terms = norm * (1 + 2 * found.g1 + size2), norm * (1 - 2 * found.g1 + size2)
    terms = *terms, 4 * norm * found.g2, found.fracdev
    xx, yy, xy, share = (torch.as_tensor(t, dtype=torch.float32) for t in terms)
    u2 = (xy[:, None] * ky)[:, :, None] * kx
    u2 += (xx[:, None] * kx**2)[:, None, :]
    u2 += (yy[:, None] * ky**2)[:, :, None]
    u2.clamp_min_(0.0)
    value = exponential(u2)
    bulges = torch.nonzero(share > 0)[:, 0]
    if len(bulges):
        part = de_vaucouleurs(u2[bulges])
        value[bulges] = torch.lerp(value[bulges], part, share[bulges, None, None])
    return value
