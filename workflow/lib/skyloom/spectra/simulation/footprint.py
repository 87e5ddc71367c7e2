"""The hexagonal units of MaNGA's fibres, and the spaxels that they cover."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

PITCH = 2.5  # arcsec from fibre to fibre (Drory et al. 2015, AJ 149, 77)
SPAXEL = 0.5  # arcsec
PSF = 2.5  # arcsec, FWHM of reconstructed cubes (Law et al. 2016, AJ 152, 83)
PSF_SIGMA = PSF / np.sqrt(8 * np.log(2)) / SPAXEL  # spaxels
MARGIN = 9  # spaxels that a cube has more than the unit's diameter


def rings(fibres: int) -> int:
    """Return the rings of fibres around the central one, 2 of 19; 1 + 3k(k+1) of k."""
    k = round((np.sqrt(12 * fibres - 3) - 3) / 6)
    if 1 + 3 * k * (k + 1) != fibres:
        msg = f"{fibres} fibres fill no hexagon"
        raise ValueError(msg)
    return k


def radius(fibres: int) -> float:
    """Return half the distance of opposite corners of the unit [arcsec]."""
    return PITCH * (rings(fibres) + 0.5)


@dataclass(frozen=True)
class Footprint:
    """The spaxels of a unit's cube.

    Attributes
    ----------
    fibres : int
        19, 37, 61, 91 or 127.
    """

    fibres: int

    @cached_property
    def size(self) -> int:
        """Spaxels on a side of the cube."""
        return round(2 * radius(self.fibres) / SPAXEL) + MARGIN

    @cached_property
    def sky(self) -> np.ndarray:
        """Offsets to the east and to the north [arcsec], shape (2, size, size).

        The reference is pixel size / 2, counted from 0, as in MaNGA's maps.
        """
        offset = (np.arange(self.size) - self.size // 2) * SPAXEL
        return np.array(np.meshgrid(-offset, offset))

    @cached_property
    def inside(self) -> np.ndarray:
        """Spaxels within the hexagon, bool of shape (size, size)."""
        turns = np.deg2rad([30, 90, 150])
        across = [np.cos(t) * self.sky[0] + np.sin(t) * self.sky[1] for t in turns]
        apothem = radius(self.fibres) * np.sqrt(3) / 2
        return np.max(np.abs(across), axis=0) <= apothem + 1e-9
