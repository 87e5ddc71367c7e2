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
from skyloom.clusters.images.grid import Grid, folded_size
from skyloom.clusters.images.psf import Psf
from skyloom.clusters.images.sources import Sources, sources, stamp_sizes
from skyloom.clusters.images.transforms import de_vaucouleurs, exponential

SIZES = (32, 48, 64, 96, 128, 192, 256, 384, 512, 1024)
SHARE = 6e-4  # of the peak, at the edge of a stamp
COUNTS = (
    0.3  # at the edge of a stamp: a seventh of the sky's noise in g, less in others
)
FOLDED = 6e-4  # of the peak, that may be lost beyond the sampling limit
STRIP = 64  # rows of an image that sources are ordered by [px]
BATCH = 2**16  # pixels of stamps at once, about what stays in a core's cache


def render(
    table: Table,
    bands: Sequence[str],
    shape: tuple[int, int],
    psfs: Mapping[str, Psf],
    pixel_scale: float = PIXEL_SCALE,
    device: str = "cpu",
) -> np.ndarray:
    """Draw a catalogue without noise, to 1e-3 of each source's peak.

    See `skyloom.clusters.images.galsim_renderer.render`. torch works on ``device``;
    stamps are added up on the processor, in a fixed order, so that the same catalogue
    gives the same bytes.
    """
    image = np.zeros((len(bands), *shape), np.float32)
    found, seen = _ordered(sources(table, bands)), [psfs[band] for band in bands]
    sizes = stamp_sizes(found, seen, pixel_scale, SIZES, SHARE, COUNTS)
    here = _reaches(
        found, np.where(sizes == 0, galsim_renderer.SIZES[-1], sizes), shape
    )
    compact = found.hlr < folded_size(seen, pixel_scale, FOLDED)
    for size in SIZES:
        for fold in (False, True):
            rows = np.flatnonzero(here & (sizes == size) & (compact == fold))
            if rows.size:
                grid = Grid.of(seen, size, pixel_scale, fold, device)
                _bucket(image, found[rows], grid)
    galsim_renderer.draw(image, found[here & (sizes == 0)], seen, pixel_scale)
    return image


def stamps(found: Sources, grid: Grid) -> torch.Tensor:
    """Draw n sources, each in the middle of its own stamp, on a grid with the PSF.

    Returns float32 of shape (n_bands, n, size, size) [counts per pixel]; the pixel that
    holds the source is [size // 2, size // 2].
    """
    device = grid.psf.device
    dx, dy = (torch.as_tensor(_within(v) + grid.size // 2) for v in (found.x, found.y))
    total = None
    for kx, ky, psf in grid.folds():
        shift_x = torch.exp(-1j * dx[:, None] * kx * grid.scale).to(torch.complex64)
        shift_y = torch.exp(-1j * dy[:, None] * ky * grid.scale).to(torch.complex64)
        wave = shift_y.to(device)[:, :, None] * shift_x.to(device)[:, None, :]
        if (found.hlr > 0).any():
            wave *= _galaxies(found, kx, ky, device)
        part = wave * psf[:, None]
        total = part if total is None else total.add_(part)
    drawn = _inverse(total, grid.size)
    flux = torch.as_tensor(found.flux.T.copy(), dtype=torch.float32, device=device)
    return drawn.mul_(flux[:, :, None, None])


def _bucket(image: np.ndarray, found: Sources, grid: Grid) -> None:
    at_once = max(1, BATCH // grid.size**2)
    for first in range(0, len(found), at_once):
        part = found[first : first + at_once]
        drawn = stamps(part, grid).cpu().numpy()
        corners = np.floor(np.stack([part.y, part.x], axis=1) + 0.5).astype(int)
        for i, corner in enumerate((corners - grid.size // 2).tolist()):
            galsim_renderer.add(image, drawn[:, i], corner)


def _ordered(found: Sources) -> Sources:
    """Return sources by rows of pixels: neighbours are then added from the cache."""
    return found[np.lexsort((found.x, found.y // STRIP))]


def _inverse(waves: torch.Tensor, size: int) -> torch.Tensor:
    """Return stamps of half their wavenumbers."""
    if waves.device.type != "cpu":
        return torch.fft.irfft2(waves, s=(size, size))
    # scipy's transform, unlike torch's, has the same bytes for any number of threads.
    return torch.from_numpy(scipy.fft.irfft2(waves.numpy(), s=(size, size)))


def _galaxies(found: Sources, kx, ky, device) -> torch.Tensor:
    """Return the transforms of galaxies, (n, ny, nx); 1 for points."""
    # k of the round galaxy: S k, S the shear's matrix of determinant one.
    norm = found.hlr**2 / (1 - found.g1**2 - found.g2**2)
    size2 = found.g1**2 + found.g2**2
    terms = norm * (1 + 2 * found.g1 + size2), norm * (1 - 2 * found.g1 + size2)
    xx, yy, xy = (
        torch.as_tensor(t, dtype=torch.float32, device=device)
        for t in (*terms, 4 * norm * found.g2)
    )
    kx, ky = (torch.as_tensor(k, dtype=torch.float32, device=device) for k in (kx, ky))
    u2 = (xy[:, None] * ky)[:, :, None] * kx
    u2 += (xx[:, None] * kx**2)[:, None, :]
    u2 += (yy[:, None] * ky**2)[:, :, None]
    u2.clamp_min_(0.0)
    return _mixed(
        u2, torch.as_tensor(found.fracdev, dtype=torch.float32, device=device)
    )


def _mixed(u2: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Return the transform of a disc and a bulge of a share of the flux."""
    value = exponential(u2)
    bulges = torch.nonzero(share > 0)[:, 0]
    if len(bulges):
        part = de_vaucouleurs(u2[bulges])
        value[bulges] = torch.lerp(value[bulges], part, share[bulges, None, None])
    return value


def _within(place: np.ndarray) -> np.ndarray:
    """Return how far coordinates lie from the middle of their pixel [px]."""
    return place - np.floor(place + 0.5)


def _reaches(found: Sources, sizes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return which sources have a pixel of their stamp on an image."""
    inside = np.ones(len(found), bool)
    for place, n in ((found.y, shape[0]), (found.x, shape[1])):
        corner = np.floor(place + 0.5) - sizes // 2
        inside &= (corner > -sizes) & (corner < n)
    return inside
