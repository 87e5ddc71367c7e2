"""What a renderer reads of a catalogue, and how large a stamp each source needs.

The light outside a stamp is lost and wraps into it. A stamp is large enough when the
surface brightness at its edge is below a share of the source's peak and below a number
of counts; both come from the profiles before convolution, which bound it from above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache

import galsim
import numpy as np
import torch
from astropy.table import Table

from skyloom.clusters.bands import PIXEL_SCALE
from skyloom.clusters.images.grid import de_vaucouleurs, exponential
from skyloom.clusters.images.psf import Psf

RADII = np.geomspace(1e-3, 1e4, 1401)  # of the tabulated profiles [half light radii]
WIDTHS = np.geomspace(0.01, 100.0, 33)  # the same of the peaks [arcsec]


@dataclass(frozen=True)
class Sources:
    """n sources as arrays."""

    x: np.ndarray  # (n,) [px], (0, 0) at the middle of the first pixel
    y: np.ndarray
    flux: np.ndarray  # (n, n_bands) [counts]
    hlr: np.ndarray  # (n,), half light radius [arcsec]; 0 for a point
    fracdev: np.ndarray  # (n,), share of the de Vaucouleurs profile in the flux
    g1: np.ndarray  # (n,), reduced shear
    g2: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows) -> Sources:
        return Sources(*(getattr(self, f.name)[rows] for f in fields(self)))


def sources(table: Table, bands: Sequence[str]) -> Sources:
    """Return what is drawn of a catalogue in some bands, in its order.

    Raises
    ------
    ValueError
        A shear of one or more, or a flux, place or size that is not finite.
    """
    star = np.asarray(table["SOURCE_TYPE"], float) == 0
    flux = np.stack([np.asarray(table[f"FLUX_{b.upper()}"], float) for b in bands], -1)
    names = ("HLR", "FRACDEV", "G1", "G2")
    shape = [np.where(star, 0.0, np.asarray(table[name], float)) for name in names]
    x, y = (np.asarray(table[name], float) for name in ("X", "Y"))
    found = Sources(x, y, flux, *shape)
    values = np.column_stack([getattr(found, f.name) for f in fields(found)])
    bad = ~np.isfinite(values).all(axis=1) | (np.hypot(found.g1, found.g2) >= 1)
    bad |= (found.hlr < 0) | (found.fracdev < 0) | (found.fracdev > 1)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        msg = (
            f"source in row {row} cannot be drawn: {found[row]}; expected finite "
            "numbers, G1^2 + G2^2 < 1, HLR >= 0, 0 <= FRACDEV <= 1"
        )
        raise ValueError(msg)
    return found


def corners(found: Sources, sizes: np.ndarray | int) -> np.ndarray:
    """Return row and column of the first pixel of stamps of some sides, (n, 2) int.

    The pixel that holds the source is [size // 2, size // 2] of its stamp.
    """
    middle = np.floor(np.stack([found.y, found.x], axis=1) + 0.5)
    return middle.astype(int) - np.reshape(sizes, (-1, 1)) // 2


def reaches(corner: np.ndarray, sizes: np.ndarray, shape: tuple[int, int]):
    """Return which stamps have a pixel on an image, (n,) bool."""
    return ((corner > -sizes[:, None]) & (corner < shape)).all(axis=1)


def stamp_sizes(
    found: Sources,
    psfs: Sequence[Psf],
    sizes: Sequence[int],
    share: float,
    counts: float,
) -> np.ndarray:
    """Return the smallest side of ``sizes`` that each source needs, 0 where none does.

    Parameters
    ----------
    found : Sources
        n sources.
    psfs : sequence of Psf
        Of the bands; the widest counts.
    sizes : sequence of int
        Sides to choose from, ascending [px].
    share, counts : float
        Largest surface brightness at the edge: relative to the peak, and in any band
        [counts per pixel].
    """
    psf = max(psfs, key=lambda p: p.fwhm)
    radii = (np.asarray(sizes) / 2 - 1.5) * PIXEL_SCALE
    edge = _edge(found, psf, radii) * PIXEL_SCALE**2
    peak = _peak(found, psf)
    brightest = np.maximum(found.flux.max(axis=1, initial=0.0), 1e-30)
    allowed = np.minimum(share * peak, counts / brightest)
    good = edge <= allowed[:, None]
    return np.where(good.any(axis=1), np.asarray(sizes)[good.argmax(axis=1)], 0)


def _edge(found: Sources, psf: Psf, radii: np.ndarray) -> np.ndarray:
    """Return surface brightness per unit flux at radii, (n, n_radii) [arcsec^-2]."""
    point = _wing(psf, radii)
    axis = np.hypot(found.g1, found.g2)
    major = found.hlr * np.sqrt((1 + axis) / (1 - axis))
    inner = np.maximum(radii - psf.fwhm, 1e-3)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.log(inner / major[:, None])
        area = 1.0 / np.maximum(found.hlr[:, None], 1e-6) ** 2
    wings = [
        np.exp(np.interp(scaled, np.log(RADII), log)) * area for log in _profiles()
    ]
    share = found.fracdev[:, None]
    galaxy = (1 - share) * wings[0] + share * wings[1]
    return point + np.where(found.hlr[:, None] > 0, galaxy, 0.0)


def _wing(psf: Psf, radii: np.ndarray) -> np.ndarray:
    """Return the surface brightness of a point at radii [arcsec^-2]."""
    around = np.linspace(0.0, np.pi, 4, endpoint=False)
    places = radii[:, None, None] * np.stack([np.cos(around), np.sin(around)], axis=-1)
    values = [abs(psf.profile.xValue(*place)) for place in places.reshape(-1, 2)]
    return np.reshape(values, (len(radii), -1)).max(axis=1)


def _peak(found: Sources, psf: Psf) -> np.ndarray:
    """Return the brightest pixel's share of the flux, about, shape (n,)."""
    tables = _peaks(psf)
    size = np.log(np.maximum(found.hlr, WIDTHS[0]))
    disc, bulge = (np.exp(np.interp(size, np.log(WIDTHS), t)) for t in tables)
    return (1 - found.fracdev) * disc + found.fracdev * bulge


@cache
def _profiles() -> tuple[np.ndarray, np.ndarray]:
    """Return ln surface brightness of the exponential and de Vaucouleurs profiles."""
    logs = []
    for kind in (galsim.Exponential, galsim.DeVaucouleurs):
        values = [kind(half_light_radius=1.0).xValue(r, 0.0) for r in RADII]
        logs.append(np.log(np.maximum(values, 1e-300)))
    return logs[0], logs[1]


def _peaks(psf: Psf) -> tuple[np.ndarray, np.ndarray]:
    """Return ln of the peaks of round galaxies of `WIDTHS` and flux 1."""
    seeing = psf.effective()
    k = np.linspace(0.0, np.pi / PIXEL_SCALE, 65)[1:]
    point = np.array([abs(seeing.kValue(v, 0.0)) for v in k])
    logs = []
    for transform in (exponential, de_vaucouleurs):
        u2 = torch.as_tensor((k * WIDTHS[:, None]) ** 2)
        values = point * transform(u2).numpy() * k
        peaks = np.sum(values, axis=1) * k[0] * PIXEL_SCALE**2 / (2 * np.pi)
        logs.append(np.log(np.maximum(peaks, 1e-30)))
    return logs[0], logs[1]
