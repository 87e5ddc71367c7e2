"""A part of the sky of any resolution, as MOC and HEALPix files or cells say it.

It is kept as ranges of HEALPix pixels of the finest order, nested, in which a pixel
of any order is one range: parts of different resolutions can be compared.

Source: IVOA, MOC: Multi-Order Coverage map, version 2.0 (2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy_healpix import healpix_to_lonlat, lonlat_to_healpix
from astropy_healpix.healpy import ring2nest

from skyloom.sky.footprint import SPHERE, Footprint

ORDER = 29  # the finest that 64 bits hold: 0.4 mas


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """A part of the sky.

    Attributes
    ----------
    starts, stops : ndarray of int64, shape (n,)
        First pixel of each range and the one after its last, in nested order at
        `ORDER`; sorted, and no two of them touch.
    """

    starts: np.ndarray
    stops: np.ndarray

    def __call__(self, ra, dec) -> np.ndarray:
        """Return which positions [deg] are inside, shape (n,)."""
        ra, dec = (np.asarray(v, np.float64) * u.deg for v in (ra, dec))
        ra = ra % (360 * u.deg)
        return self._has(lonlat_to_healpix(ra, dec, 2**ORDER, order="nested"))

    @property
    def area(self) -> float:
        """Covered area [deg^2]."""
        return float((self.stops - self.starts).sum()) * SPHERE / (12 * 4**ORDER)

    def common(self, other: Coverage) -> Coverage:
        """Return what both cover."""
        edges = [self.starts, self.stops, other.starts, other.stops]
        edges = np.unique(np.concatenate(edges))
        both = self._has(edges[:-1]) & other._has(edges[:-1])
        return _merged(edges[:-1][both], edges[1:][both])

    def points(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return RA and Dec [deg] of n points drawn evenly; ValueError for no area."""
        if not len(self.starts):
            msg = "no point can be drawn: nothing is covered"
            raise ValueError(msg)
        ends = np.cumsum(self.stops - self.starts)
        drawn = rng.integers(ends[-1], size=n)
        k = np.searchsorted(ends, drawn, "right")
        pixels = self.stops[k] - ends[k] + drawn
        ra, dec = healpix_to_lonlat(pixels, 2**ORDER, order="nested")
        return ra.to_value(u.deg), dec.to_value(u.deg)

    def _has(self, pixels: np.ndarray) -> np.ndarray:
        k = np.searchsorted(self.starts, pixels, "right") - 1
        return (k >= 0) & (pixels < np.append(self.stops, 0)[k])


def of_pixels(orders, pixels: np.ndarray) -> Coverage:
    """Return what pixels cover, by their orders (one, or one each), nested."""
    shift = 2 * (ORDER - np.asarray(orders, np.int64))
    return _merged(pixels << shift, (pixels + 1) << shift)


def of_footprint(cells: Footprint) -> Coverage:
    """Return what the pixels of a footprint cover."""
    order = cells.nside.bit_length() - 1
    return of_pixels(order, ring2nest(cells.nside, cells.pixels))


def _merged(starts: np.ndarray, stops: np.ndarray) -> Coverage:
    """Return ranges that may touch or overlap as those of a coverage."""
    rows = np.argsort(starts, kind="stable")
    starts, stops = starts[rows], np.maximum.accumulate(stops[rows])
    first = np.append(True, starts[1:] > stops[:-1])[: len(starts)]
    return Coverage(starts[first], stops[np.roll(first, -1)])
