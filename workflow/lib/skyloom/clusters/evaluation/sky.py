"""Where a survey's tiles have looked, and what counts there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from astropy.coordinates import angular_separation
from astropy.table import Table
from astropy.wcs import WCS
from scipy.signal import fftconvolve

from skyloom.clusters.evaluation.randoms import valid_area
from skyloom.sky.geometry import pixel_scale

SEEN = 120.0  # arcsec about a place: half of the circle must be on unmasked sky
MARGIN = 0.25  # deg beyond a tile: more than a match reaches at redshift 0.1


def seen_cells(good: np.ndarray, wcs: WCS) -> np.ndarray:
    """Return the cells (ny, nx) in which a cluster or a detection counts.

    Those about whose middles half of a circle of radius `SEEN` is on good cells: all up
    to a straight edge, none in a corner or deep in a hole. Small holes are seen over.
    """
    radius = SEEN / pixel_scale(wcs)
    steps = np.arange(-int(radius), int(radius) + 1)
    circle = steps[:, None] ** 2 + steps**2 <= radius**2
    # Numbers of cells, but for rounding in the Fourier transform.
    seen = np.rint(fftconvolve(good.astype(float), circle.astype(float), "same"))
    return seen >= circle.sum() / 2


@dataclass(frozen=True)
class Sky:
    """Where a survey's tiles have looked: `seen_cells` of each tile, and their WCS.

    One mask says what counts: clusters, detections and random points lie on its
    cells, and the area is theirs. So rates per area are those of the counts.
    """

    seen: dict[str, np.ndarray]
    wcs: dict[str, WCS]

    @property
    def area(self) -> float:
        """Return the area that counts, of each tile [deg^2]."""
        return sum(valid_area(self.wcs[n], seen) for n, seen in self.seen.items())

    def once(self) -> Sky:
        """Return the sky with each place on the first tile that sees it."""
        left: dict[str, np.ndarray] = {}
        for name, seen in self.seen.items():
            rows, columns = np.nonzero(seen)
            ra, dec = columns, rows
            if len(rows):
                ra, dec = self.wcs[name].all_pix2world(columns, rows, 0)
            taken = np.zeros(len(rows), bool)
            for other in left:
                if self._touch(name, other):
                    taken |= self._sees(other, {"RA": ra, "DEC": dec})
            left[name] = seen.copy()
            left[name][rows[taken], columns[taken]] = False
        return Sky(left, self.wcs)

    def valid(self, tables: Mapping[str, Table]) -> dict[str, Table]:
        """Return tables by tile with ``VALID``: whether what they list counts.

        Each tile is taken for a sky of its own.
        """
        return {name: _marked(t, self._sees(name, t)) for name, t in tables.items()}

    def shared(self, table: Table) -> dict[str, Table]:
        """Return the rows of a list of one sky by tile, with ``VALID``.

        A row is of the first tile that sees it, or else of the first one near it; rows
        that are near no tile are left out.
        """
        names = list(self.seen)
        # 0 to 2: far from the tile, near it, seen by it.
        ranks = np.array([self._rank(name, table) for name in names])
        first, best = ranks.argmax(axis=0), ranks.max(axis=0)
        table = _marked(table, best == 2)
        return {n: table[(first == k) & (best > 0)] for k, n in enumerate(names)}

    def _rank(self, name: str, table: Table) -> np.ndarray:
        x, y = self._cells(name, table)
        edge = MARGIN * 3600 / pixel_scale(self.wcs[name])
        near = _inside(x, y, self.seen[name].shape, edge)
        return near.astype(int) + self._sees(name, table)

    def _sees(self, name: str, table: Mapping) -> np.ndarray:
        """Return which positions lie on seen cells of a tile, bool of shape (n,)."""
        x, y = self._cells(name, table)
        found = _inside(x, y, self.seen[name].shape)
        rows, columns = (np.floor(v[found] + 0.5).astype(int) for v in (y, x))
        found[found] = self.seen[name][rows, columns]
        return found

    def _cells(self, name: str, table: Mapping) -> tuple[np.ndarray, np.ndarray]:
        """Return where positions lie among a tile's cells; NaN far away."""
        ra, dec = (np.asarray(table[key], float) for key in ("RA", "DEC"))
        *middle, reach = self._discs[name]
        away = angular_separation(*middle, np.radians(ra), np.radians(dec))
        # A tangent plane shows the far half of the sky as well.
        near = away <= reach + 2 * np.radians(MARGIN)
        x, y = np.full((2, len(ra)), np.nan)
        if near.any():
            x[near], y[near] = self.wcs[name].all_world2pix(ra[near], dec[near], 0)
        return x, y

    def _touch(self, one: str, other: str) -> bool:
        """Return whether the circles about two tiles overlap."""
        (*here, reach), (*there, others) = self._discs[one], self._discs[other]
        return angular_separation(*here, *there) <= reach + others

    @cached_property
    def _discs(self) -> dict[str, tuple[float, float, float]]:
        return {n: _disc(self.wcs[n], seen.shape) for n, seen in self.seen.items()}


def _disc(wcs: WCS, shape: tuple[int, int]) -> tuple[float, float, float]:
    """Return right ascension, declination and radius of a tile's circle [rad]."""
    ny, nx = shape
    x = np.array([nx / 2, 0, nx, 0, nx]) - 0.5
    y = np.array([ny / 2, 0, 0, ny, ny]) - 0.5
    ra, dec = np.radians(wcs.all_pix2world(x, y, 0))
    reach = angular_separation(ra[0], dec[0], ra[1:], dec[1:]).max()
    return ra[0], dec[0], reach


def _inside(x, y, shape: tuple[int, int], edge: float = 0.0) -> np.ndarray:
    """Return which points lie in an image, or within an edge [px] about it."""
    (ny, nx), low = shape, -0.5 - edge
    return (x >= low) & (x < nx - 0.5 + edge) & (y >= low) & (y < ny - 0.5 + edge)


def _marked(table: Table, valid: np.ndarray) -> Table:
    table = table.copy()
    table["VALID"] = valid
    return table
