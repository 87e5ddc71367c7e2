"""The reference renderer: GalSim draws every source in its own stamp."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import galsim
import numpy as np
from astropy.table import Table

from skyloom.clusters.bands import PIXEL_SCALE
from skyloom.clusters.images.psf import Psf
from skyloom.clusters.images.sources import (
    Sources,
    corners,
    reaches,
    sources,
    stamp_sizes,
)

SIZES = (64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)
SHARE = 5e-5  # of the peak, at the edge of a stamp
COUNTS = 0.05  # at the edge of a stamp
ACCURATE = galsim.GSParams(
    folding_threshold=5e-3,
    maxk_threshold=1e-4,
    kvalue_accuracy=1e-6,
    maximum_fft_size=16384,
)


def render(
    table: Table,
    bands: Sequence[str],
    shape: tuple[int, int],
    psfs: Mapping[str, Psf],
) -> np.ndarray:
    """Draw a catalogue without noise.

    Parameters
    ----------
    table : Table
        With the catalogue's columns; sources off the image add the light that
        reaches it.
    bands : sequence of str
        What to draw, each with a column FLUX_*.
    shape : tuple of int
        ``(ny, nx)`` [px].
    psfs : mapping of str to Psf
        By band.

    Returns
    -------
    ndarray
        float32 of shape (n_bands, ny, nx) [counts per pixel].

    Raises
    ------
    ValueError
        A source that cannot be drawn.
    """
    image = np.zeros((len(bands), *shape), np.float32)
    draw(image, sources(table, bands), [psfs[band] for band in bands])
    return image


def draw(image: np.ndarray, found: Sources, psfs: Sequence[Psf]) -> None:
    """Add sources to an image of shape (n_bands, ny, nx)."""
    sizes = stamp_sizes(found, psfs, SIZES, SHARE, COUNTS)
    sizes = np.where(sizes == 0, SIZES[-1], sizes)
    first = corners(found, sizes)
    seen = [psf.effective().withGSParams(ACCURATE) for psf in psfs]
    for i in np.flatnonzero(reaches(first, sizes, image.shape[1:])):
        source, (row, column), size = found[i], first[i].tolist(), int(sizes[i])
        profile = galaxy(source)
        centre = galsim.PositionD(float(source.x), float(source.y))
        for plane, psf, flux in zip(image, seen, source.flux, strict=True):
            whole = psf if profile is None else galsim.Convolve(profile, psf)
            stamp = galsim.ImageF(size, size, xmin=column, ymin=row)
            # The profile has the pixel's response in it already.
            how = {"scale": PIXEL_SCALE, "center": centre, "method": "no_pixel"}
            (whole * flux).drawImage(stamp, **how)
            add(plane, stamp.array, (row, column))


def galaxy(source: Sources) -> galsim.GSObject | None:
    """Return the profile of one galaxy of flux 1; None for a point."""
    if source.hlr == 0:
        return None
    kinds = galsim.Exponential, galsim.DeVaucouleurs
    shares = 1 - source.fracdev, source.fracdev
    parts = [
        kind(half_light_radius=source.hlr, flux=share, gsparams=ACCURATE)
        for kind, share in zip(kinds, shares, strict=True)
        if share > 0
    ]
    return galsim.Add(parts).shear(g1=source.g1, g2=source.g2)


def add(image: np.ndarray, stamp: np.ndarray, corner: Sequence[int]) -> None:
    """Add the part of stamps (..., size, size) that lies on an image (..., ny, nx).

    ``corner`` is the row and column of the stamps' first pixel in the image.
    """
    (y, x), (ny, nx), size = corner, image.shape[-2:], stamp.shape[-1]
    y0, y1, x0, x1 = max(y, 0), min(y + size, ny), max(x, 0), min(x + size, nx)
    image[..., y0:y1, x0:x1] += stamp[..., y0 - y : y1 - y, x0 - x : x1 - x]
