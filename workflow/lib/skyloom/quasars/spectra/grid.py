"""The network's pixels: a logarithmic and a linear grid of wavelengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyloom.io.spectra import Arm, Spectra


@dataclass(frozen=True, slots=True)
class Grid:
    """Pixels of equal steps in log10 of the wavelength [Å], or in the wavelength.

    `start` is the lower edge of the first pixel and `step` the width of one, in dex or
    Å by the `kind`, "log" or "linear"; `size` is the number of pixels.
    """

    kind: str
    start: float
    step: float
    size: int

    def __post_init__(self):
        if self.kind not in ("log", "linear"):
            msg = f"kind {self.kind!r} of a grid: expected 'log' or 'linear'"
            raise ValueError(msg)
        if not (self.step > 0 and self.size > 0 and np.isfinite(self.start)):
            msg = f"{self}: expected a finite start, a positive step and size"
            raise ValueError(msg)

    @property
    def wave(self) -> np.ndarray:
        """Return the lower edges of the pixels, shape (size,), Å."""
        edges = self.start + self.step * np.arange(self.size)
        return 10.0**edges if self.kind == "log" else edges

    def pixel(self, wave: np.ndarray) -> np.ndarray:
        """Return the pixel of each wavelength (Å), -1 where off the grid."""
        if self.kind == "log":
            place = (np.log10(wave) - self.start) / self.step
        else:
            # 0.8 Å steps in float64 land a hair below an edge as often as on it.
            place = np.round((np.asarray(wave) - self.start) / self.step, 10)
        index = np.floor(place).astype(np.int64)
        return np.where((index >= 0) & (index < self.size), index, -1)


LOG = Grid("log", float(np.log10(3600.0)), 1e-3, 443)
LINEAR = Grid("linear", 3600.0, 13.6, 458)
FLAT = 1e-6  # scatter over mean below which a spectrum is flat: rounding of float32


def rebin(spectra: Spectra, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return flux and ivar on a grid, (n, grid.size) float32, all arms together.

    In each pixel of the grid, over the native pixels i of all arms whose wavelength
    falls in it: ivar = Σ ivar_i, flux = Σ flux_i ivar_i / ivar; both 0 where no native
    pixel can be used, or a sum is beyond float32.
    """
    sums = np.zeros((2, len(spectra), grid.size))
    for arm in spectra.arms:
        _add(sums, arm, grid)
    weighted, ivar = sums
    flux = np.divide(weighted, ivar, out=np.zeros_like(ivar), where=ivar > 0)
    beyond = np.maximum(np.abs(flux), ivar) > np.finfo(np.float32).max
    flux[beyond], ivar[beyond] = 0, 0
    return flux.astype(np.float32), ivar.astype(np.float32)


def normalise(flux: np.ndarray, ivar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return spectra of weighted mean 0 and weighted scatter 1, and which are good.

    x = (f - m) / s with m = Σ f w / Σ w, s² = Σ (f - m)² w / Σ w, w = ivar. A masked
    pixel, of flux 0, becomes (0 - m) / s: what QuasarNET has been trained on.

    Parameters
    ----------
    flux, ivar : ndarray, shape (n, size)
        What `rebin` returns.

    Returns
    -------
    x : ndarray, shape (n, size), float32
        0 where `good` is False.
    good : bool ndarray, shape (n,)
        False for a spectrum without weight, or flat to the rounding of float32.
    """
    weight = np.asarray(ivar, dtype=np.float64)
    values = np.asarray(flux, dtype=np.float64)
    total = weight.sum(axis=1)
    safe = np.where(total > 0, total, 1.0)
    mean = (values * weight).sum(axis=1) / safe
    shifted = values - mean[:, None]
    scatter = np.sqrt((shifted**2 * weight).sum(axis=1) / safe)
    good = (total > 0) & (scatter > FLAT * np.abs(mean))
    x = np.zeros(values.shape, dtype=np.float32)
    x[good] = shifted[good] / scatter[good, None]
    return x, good


def _add(sums: np.ndarray, arm: Arm, grid: Grid) -> None:
    # Wavelengths increase, so the pixels of one bin are neighbours.
    pixel = grid.pixel(arm.wave)
    inside = np.flatnonzero(pixel >= 0)
    if not inside.size:
        return
    some = slice(inside[0], inside[-1] + 1)
    bins, starts = np.unique(pixel[some], return_index=True)
    ivar = arm.ivar[:, some].astype(np.float64)
    sums[0][:, bins] += np.add.reduceat(arm.flux[:, some] * ivar, starts, axis=1)
    sums[1][:, bins] += np.add.reduceat(ivar, starts, axis=1)
