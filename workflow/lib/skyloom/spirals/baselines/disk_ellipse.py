"""Maps from the picture's disk alone: a ring for arms, a small ellipse for the bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skyloom.spirals.measure.ellipse import Ellipse

EDGES = np.linspace(0, 2, 41)  # of the disk's radius
SHARES = np.linspace(0.05, 0.95, 19)  # that are tried
SOLID = (False, True)  # arms, bar: whether it reaches the middle


@dataclass(frozen=True, slots=True)
class Ring:
    """A share of volunteers between two radii, in units of the disk's."""

    inner: float
    outer: float
    share: float


@dataclass(frozen=True)
class DiskEllipse:
    """The rings of arms and bar."""

    rings: tuple[Ring, ...]

    def maps(self, disk: Ellipse | None, shape: tuple[int, int]) -> np.ndarray:
        """Return the maps of a galaxy, shape (kinds, H, W); blank without a disk."""
        if disk is None:
            return np.zeros((len(self.rings), *shape), np.float32)
        radius = disk.polar(shape)[0] / disk.radius
        maps = [(radius >= r.inner) & (radius < r.outer) for r in self.rings]
        shares = np.array([ring.share for ring in self.rings], np.float32)
        return np.stack(maps) * shares[:, None, None]


def fit_disk_ellipse(
    shares: np.ndarray, asked: np.ndarray, disks: Sequence[Ellipse | None]
) -> DiskEllipse:
    """Return the rings with the best mean soft IoU on training galaxies.

    All pairs of `EDGES` and all `SHARES` are tried; a bar's begins in the middle.

    Parameters
    ----------
    shares : ndarray, shape (n, 2, H, W)
        Shares of volunteers that mark a pixel, arms and bar.
    asked : ndarray, shape (n, 2)
        How many were asked; those of 0 do not count.
    disks : sequence of Ellipse or None
        Of each galaxy, on the same array; those without do not count.

    Raises
    ------
    ValueError
        When of a kind no galaxy counts.
    """
    rings = []
    for kind, solid in enumerate(SOLID):
        rows = [
            row
            for row, disk in enumerate(disks)
            if disk is not None and asked[row][kind] > 0
        ]
        if not rows:
            msg = (
                f"disk ellipse: no training galaxy has a disk and marks of kind {kind}"
            )
            raise ValueError(msg)
        total = sum(_overlaps(shares[row, kind], disks[row]) for row in rows)
        if solid:
            total[:, 1:] = 0
        share, inner, outer = np.unravel_index(total.argmax(), total.shape)
        numbers = EDGES[inner], EDGES[outer], SHARES[share]
        rings.append(Ring(*map(float, numbers)))
    return DiskEllipse(tuple(rings))


def _overlaps(share: np.ndarray, disk: Ellipse) -> np.ndarray:
    """Return the soft IoU of all rings, shape (shares, inner edges, outer edges)."""
    radius = disk.polar(share.shape)[0] / disk.radius
    ring = np.searchsorted(EDGES, radius.ravel(), "right") - 1
    n = len(EDGES)  # the last one is outside of all
    values = share.ravel().astype(np.float64)
    # Within a ring the sum of minima is that of values, less their excess.
    low = [np.bincount(ring, np.minimum(values, c), n) for c in SHARES]
    own, pixels = np.bincount(ring, values, n), np.bincount(ring, minlength=n)
    low = np.array(low)
    high = own + pixels * SHARES[:, None] - low
    added = high - own  # what a ring adds to the sum of maxima
    start = np.zeros((len(SHARES), 1))
    lows, adds = (
        np.concatenate([start, np.cumsum(v[:, :-1], axis=1)], axis=1)
        for v in (low, added)
    )
    both = lows[:, None, :] - lows[:, :, None]
    either = own.sum() + adds[:, None, :] - adds[:, :, None]
    rising = np.triu(np.ones((n, n), bool), 1)
    return np.where(rising, both / np.maximum(either, 1e-12), 0.0)
