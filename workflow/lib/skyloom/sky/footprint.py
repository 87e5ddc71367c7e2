"""Where a list of objects covers the sky: a map of cells of one area."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

SPHERE = 4 * np.pi * np.degrees(1.0) ** 2  # deg^2


@dataclass(frozen=True)
class Footprint:
    """The cells that a survey covers.

    Attributes
    ----------
    side : float
        Of a cell [deg].
    cells : ndarray of int
        Their numbers (`cell_of`), sorted.
    """

    side: float
    cells: np.ndarray

    def contains(self, ra, dec) -> np.ndarray:
        """Return which positions [deg] lie in a covered cell, shape (n,)."""
        return np.isin(cell_of(ra, dec, self.side), self.cells)

    @property
    def area(self) -> float:
        """Covered area [deg^2]."""
        return float(_areas(self)[0].sum())

    def common(self, other: Footprint) -> Footprint:
        """Return the cells that both cover; both must have cells of one side."""
        if other.side != self.side:
            msg = f"cells of {self.side} and {other.side} deg cannot be compared"
            raise ValueError(msg)
        return Footprint(self.side, np.intersect1d(self.cells, other.cells))


def footprint(ra, dec, side: float, least: int = 1) -> Footprint:
    """Return the cells in which a list has objects.

    Take `side` so large that a covered cell holds ten objects or so: an empty one is
    then outside, and not a gap between objects. Smaller cells select the
    surroundings of objects instead of the survey's area.

    Parameters
    ----------
    ra, dec : array_like, shape (n,)
        Positions [deg].
    side : float
        Of a cell [deg].
    least : int
        Objects that a covered cell must have.
    """
    cells, counts = np.unique(cell_of(ra, dec, side), return_counts=True)
    return Footprint(float(side), cells[counts >= least])


def cell_of(ra, dec, side: float) -> np.ndarray:
    """Return the number of the cell of each position, shape (n,).

    Bands of equal height in declination are cut into equal parts, as many as make
    each of about ``side**2``: cells near the poles are no longer and no smaller.

    Parameters
    ----------
    ra, dec : array_like, shape (n,)
        Positions [deg]; RA is taken modulo 360.
    side : float
        Of a cell [deg]; bands are at most that high.

    Raises
    ------
    ValueError
        A position that is none.
    """
    ra, dec = np.asarray(ra, np.float64), np.asarray(dec, np.float64)
    if not (np.isfinite(ra).all() and (np.abs(dec) <= 90).all()):
        msg = "positions: expected finite degrees, dec in -90 to 90"
        raise ValueError(msg)
    edges, parts, start = _bands(float(side))
    band = np.clip(np.searchsorted(edges, dec, "right") - 1, 0, len(parts) - 1)
    column = np.floor((ra % 360.0) / 360.0 * parts[band]).astype(np.int64)
    return start[band] + np.minimum(column, parts[band] - 1)


def random_points(
    where: Footprint, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return RA and Dec [deg] of points drawn evenly over the covered area.

    Raises
    ------
    ValueError
        When nothing is covered.
    """
    if not len(where.cells):
        msg = "no point can be drawn: the footprint has no cell"
        raise ValueError(msg)
    area, band = _areas(where)
    edges, parts, start = _bands(where.side)
    drawn = rng.choice(len(area), size=n, p=area / area.sum())
    band, column = band[drawn], where.cells[drawn] - start[band[drawn]]
    ra = 360.0 * (column + rng.random(n)) / parts[band]
    low, high = (np.sin(np.radians(edges[band + k])) for k in (0, 1))
    return ra, np.degrees(np.arcsin(low + (high - low) * rng.random(n)))


@functools.cache
def _bands(side: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not 0.01 <= side <= 90:
        msg = f"cells of {side} deg: expected 0.01 to 90"
        raise ValueError(msg)
    edges = np.linspace(-90.0, 90.0, int(np.ceil(180.0 / side)) + 1)
    area = SPHERE / 2 * np.diff(np.sin(np.radians(edges)))
    parts = np.maximum(np.rint(area / side**2).astype(np.int64), 1)
    return edges, parts, np.concatenate([[0], np.cumsum(parts)[:-1]])


def _areas(where: Footprint) -> tuple[np.ndarray, np.ndarray]:
    """Return area [deg^2] and band of each covered cell."""
    edges, parts, start = _bands(where.side)
    band = np.searchsorted(start, where.cells, "right") - 1
    area = SPHERE / 2 * np.diff(np.sin(np.radians(edges))) / parts
    return area[band], band
