"""The grid of wavelengths that all spectra are brought to, at rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class RestGrid:
    """Wavelengths equally spaced in their logarithm.

    Attributes
    ----------
    start : float
        Centre of the first pixel [Å, vacuum, at rest].
    step : float
        Width of a pixel in log10 of the wavelength [dex]; MaNGA's is 1e-4.
    pixels : int
        Number of pixels.
    """

    start: float
    step: float
    pixels: int

    def __post_init__(self):
        if not (0 < self.start < np.inf and 0 < self.step < 1 and self.pixels > 0):
            msg = f"no grid: start {self.start}, step {self.step}, {self.pixels} pixels"
            raise ValueError(msg)
        # As many digits as a FITS card holds: a grid is equal when written and read.
        for name in ("start", "step"):
            object.__setattr__(self, name, float(f"{getattr(self, name):.12g}"))

    @property
    def loglam(self) -> np.ndarray:
        """Centres, log10 of Å, float64, shape (pixels,)."""
        return np.log10(self.start) + self.step * np.arange(self.pixels)

    @property
    def wave(self) -> np.ndarray:
        """Centres [Å, vacuum, at rest], shape (pixels,)."""
        return 10**self.loglam

    @property
    def edges(self) -> np.ndarray:
        """Edges of the pixels [Å], shape (pixels + 1,)."""
        half = np.arange(self.pixels + 1) - 0.5
        return 10 ** (np.log10(self.start) + self.step * half)

    def to_json(self) -> dict:
        """Return the grid as plain values; `grid_from` reads them."""
        return asdict(self)


def grid_from(tree: Mapping) -> RestGrid:
    """Return the grid of the configuration's section, or of `RestGrid.to_json`."""
    return RestGrid(float(tree["start"]), float(tree["step"]), int(tree["pixels"]))
