"""Where a list of objects covers the sky: HEALPix pixels in RING order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy_healpix import lonlat_to_healpix

SPHERE = 4 * np.pi * np.degrees(1.0) ** 2  # deg^2


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """A part of the sky.

    Attributes
    ----------
    nside : int
        Resolution, a power of two: a twelfth of the sphere has its square of pixels.
    pixels : ndarray of int, shape (n,)
        Its pixels in RING order, sorted, each once.
    """

    nside: int
    pixels: np.ndarray

    def __call__(self, ra, dec) -> np.ndarray:
        """Return which positions [deg] are inside, shape (n,)."""
        return np.isin(pixel_of(self.nside, ra, dec), self.pixels)

    @property
    def area(self) -> float:
        """Covered area [deg^2]."""
        return len(self.pixels) * SPHERE / (12 * self.nside**2)

    def common(self, other: Footprint) -> Footprint:
        """Return what both cover; both must have pixels of one size."""
        if other.nside != self.nside:
            msg = f"pixels of nside {self.nside} and {other.nside} cannot be compared"
            raise ValueError(msg)
        return Footprint(self.nside, np.intersect1d(self.pixels, other.pixels))


def footprint(ra, dec, side: float) -> Footprint:
    """Return the pixels in which a list has objects.

    Take `side` so large that a covered pixel holds ten objects or so: an empty one is
    then outside, and not a gap between objects. Smaller pixels select the
    surroundings of objects instead of the survey's area.

    Parameters
    ----------
    ra, dec : array_like, shape (n,)
        Positions [deg].
    side : float
        Of a pixel [deg]; the nearest that HEALPix has, 58.6 over a power of two.
    """
    if not 0.01 <= side <= 90:
        msg = f"pixels of {side} deg: expected 0.01 to 90"
        raise ValueError(msg)
    nside = 2 ** max(round(np.log2(np.sqrt(SPHERE / 12) / side)), 0)
    return Footprint(nside, np.unique(pixel_of(nside, ra, dec)))


def side_for(ra, dec, least: float, sides: tuple[float, float]) -> tuple[float, float]:
    """Return the side of pixels that suits a list, and its objects in one.

    It is the smallest, between the two sides [deg], of which those with objects hold
    `least` on average; the largest, if none do.
    """
    steps = [round(np.log2(np.sqrt(SPHERE / 12) / side)) for side in sides]
    for step in range(max(steps), min(steps) - 1, -1):
        pixels = np.unique(pixel_of(2**step, ra, dec))
        objects = len(ra) / max(len(pixels), 1)
        if objects >= least:
            break
    return float(np.sqrt(SPHERE / 12) / 2**step), objects


def pixel_of(nside: int, ra, dec) -> np.ndarray:
    """Return the pixel of each position [deg], shape (n,); RA is taken modulo 360."""
    ra, dec = np.asarray(ra, np.float64), np.asarray(dec, np.float64)
    if not (np.isfinite(ra).all() and (np.abs(dec) <= 90).all()):
        msg = "positions: expected finite degrees, dec in -90 to 90"
        raise ValueError(msg)
    return lonlat_to_healpix(ra % 360.0 * u.deg, dec * u.deg, nside, order="ring")
