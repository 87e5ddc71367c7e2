"""One-to-one matching of two lists of clusters, in megaparsecs and redshift.

All pairs within a projected distance and a redshift difference are candidates. Of
them, `match` keeps pairs that share no object:

* without ranks the closest candidate pair first, in units of both tolerances;
* with ranks of the second list, its objects choose one after the other, the highest
  first; each takes the free candidate that ranks highest in the first list or, without
  its ranks, the closest. Pairs of objects above a rank do not depend on those below:
  one matching serves all thresholds, so detections are judged this way.

Ties go to earlier rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.coordinates import angular_separation
from scipy.spatial import KDTree

from skyloom.sky.cosmology import arcsec_per_mpc

RADIUS = 1.0  # Mpc
DZ = 0.05  # of 1 + z
ARCSEC = np.pi / 180 / 3600
SLACK = 1 + 1e-9  # of a chord, against rounding; pairs are measured again


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of objects of two lists.

    Attributes
    ----------
    first, second : ndarray of int, shape (n,)
        Rows of the two lists.
    separation : ndarray, shape (n,)
        Projected distance at the redshift of the first list [Mpc, physical].
    dz : ndarray, shape (n,)
        ``(z2 - z1) / (1 + z1)``; NaN where one is unknown.
    sizes : tuple of 2 int
        Lengths of the lists.
    """

    first: np.ndarray
    second: np.ndarray
    separation: np.ndarray
    dz: np.ndarray
    sizes: tuple[int, int]

    def __len__(self) -> int:
        return len(self.first)

    def part(self, rows: np.ndarray) -> Pairs:
        """Return some of the pairs, by row or by mask."""
        values = (self.first, self.second, self.separation, self.dz)
        return Pairs(*(v[rows] for v in values), self.sizes)

    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Return how many partners each object has, shapes (n1,) and (n2,).

        Of `candidates`: a truth with two detections may be fragmented, a detection
        with two truths may have merged them.
        """
        one = np.bincount(self.first, minlength=self.sizes[0])
        return one, np.bincount(self.second, minlength=self.sizes[1])

    def partners(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the row of each object's one partner, -1 for none."""
        if any(count.max(initial=0) > 1 for count in self.counts()):
            msg = "pairs are not one-to-one: use match, not candidates"
            raise ValueError(msg)
        one, two = (np.full(size, -1) for size in self.sizes)
        one[self.first], two[self.second] = self.second, self.first
        return one, two


def candidates(
    ra1,
    dec1,
    z1,
    ra2,
    dec2,
    z2,
    *,
    radius: float = RADIUS,
    dz: float | None = DZ,
) -> Pairs:
    """Return all pairs within a projected distance and a redshift difference.

    Parameters
    ----------
    ra1, dec1, z1, ra2, dec2, z2 : array_like, shapes (n1,) and (n2,)
        Positions [deg] and redshifts; one that is not a positive number is unknown.
    radius : float
        Largest projected distance, included [Mpc, physical].
    dz : float or None
        Largest ``|z2 - z1| / (1 + z1)``, included; None to ask nothing of redshifts.
        Redshifts of the first list make megaparsecs of angles: its objects of unknown
        redshift are in no pair; those of the other list only where `dz` is None.

    Returns
    -------
    Pairs
        Sorted by first, then second.

    Raises
    ------
    ValueError
        Arrays of different lengths, positions that are none, tolerances not above 0.
    """
    one, two = _Side(ra1, dec1, z1, "first"), _Side(ra2, dec2, z2, "second")
    if not (np.isfinite(radius) and radius > 0) or (dz is not None and not dz > 0):
        msg = f"radius {radius} Mpc, dz {dz}: expected numbers above 0"
        raise ValueError(msg)
    i, j = _near(one, radius, two)
    separation = _angle(one, i, two, j) / one.angle(1.0)[i]
    gap = (two.z[j] - one.z[i]) / (1 + one.z[i])
    kept = separation <= radius
    if dz is not None:
        kept &= np.abs(gap) <= dz
    sizes = (len(one.z), len(two.z))
    pairs = Pairs(i, j, separation, gap, sizes).part(kept)
    return pairs.part(np.lexsort((pairs.second, pairs.first)))


def match(
    ra1, dec1, z1, ra2, dec2, z2, *, rank1=None, rank2=None, **tolerances
) -> Pairs:
    """Return pairs that share no object, sorted by first; see `candidates`.

    Of the ranks, shapes (n1,) and (n2,), larger is better: richness, S/N, probability.
    """
    found = candidates(ra1, dec1, z1, ra2, dec2, z2, **tolerances)
    return one_to_one(found, rank1=rank1, rank2=rank2, **tolerances)


def one_to_one(
    pairs: Pairs,
    *,
    radius: float = RADIUS,
    dz: float | None = DZ,
    rank1=None,
    rank2=None,
) -> Pairs:
    """Return the candidate pairs that `match` keeps; parameters as there."""
    if rank1 is not None and rank2 is None:
        msg = "ranks of the first list need those of the second, which chooses"
        raise ValueError(msg)
    keys = ((pairs.separation / radius) ** 2,)
    if dz is not None:
        keys = (keys[0] + (pairs.dz / dz) ** 2,)
    if rank2 is not None:
        best1 = -_rank(rank1, pairs.sizes[0], "rank1")[pairs.first]
        best2 = -_rank(rank2, pairs.sizes[1], "rank2")[pairs.second]
        keys = (*keys, best1, pairs.second, best2)
    return pairs.part(_greedy(pairs, np.lexsort(keys)))


class _Side:
    """One list, checked."""

    def __init__(self, ra, dec, z, name: str):
        columns = [np.asarray(v, np.float64) for v in (ra, dec, z)]
        self.ra, self.dec, z = columns
        if self.ra.ndim != 1 or any(v.shape != self.ra.shape for v in columns):
            shapes = ", ".join(str(v.shape) for v in columns)
            msg = f"{name} list: ra, dec, z of shapes {shapes}: expected one (n,)"
            raise ValueError(msg)
        bad = ~np.isfinite(self.ra) | ~(np.abs(self.dec) <= 90)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            where = f"{name} list, row {row}: ra {self.ra[row]}, dec {self.dec[row]}"
            msg = f"{where}: expected degrees, dec in -90 to 90"
            raise ValueError(msg)
        self.z = np.where(np.isfinite(z) & (z > 0), z, np.nan)

    def angle(self, radius: float) -> np.ndarray:
        """Return the angle of `radius` [Mpc] at each redshift [rad], NaN if unknown."""
        known = np.isfinite(self.z)
        found = np.full(len(self.z), np.nan)
        if known.any():
            found[known] = radius * arcsec_per_mpc(self.z[known]) * ARCSEC
        return found

    def vectors(self) -> np.ndarray:
        """Return unit vectors, shape (n, 3): right at the poles and at RA 0."""
        ra, dec = np.radians(self.ra), np.radians(self.dec)
        flat = np.cos(dec)
        return np.stack([flat * np.cos(ra), flat * np.sin(ra), np.sin(dec)], axis=1)


def _near(base: _Side, radius: float, other: _Side) -> tuple[np.ndarray, np.ndarray]:
    angle = base.angle(radius)
    known = np.flatnonzero(np.isfinite(angle))
    none = np.empty(0, np.int64)
    if not len(known) or not len(other.z):
        return none, none
    chord = 2 * np.sin(np.minimum(angle[known], np.pi) / 2) * SLACK
    lists = KDTree(other.vectors()).query_ball_point(base.vectors()[known], chord)
    i = np.repeat(known, [len(near) for near in lists])
    return i, np.concatenate([none, *lists]).astype(np.int64)


def _angle(one: _Side, i, two: _Side, j) -> np.ndarray:
    places = (one.ra[i], one.dec[i], two.ra[j], two.dec[j])
    return angular_separation(*(np.radians(v) for v in places))


def _rank(rank, size: int, name: str) -> np.ndarray:
    rank = np.zeros(size) if rank is None else np.asarray(rank, np.float64)
    if rank.shape != (size,) or not np.isfinite(rank).all():
        msg = f"{name}: expected {size} finite numbers"
        raise ValueError(msg)
    return rank


def _greedy(pairs: Pairs, order: np.ndarray) -> np.ndarray:
    taken1, taken2 = set(), set()
    kept = []
    for k in order.tolist():
        i, j = int(pairs.first[k]), int(pairs.second[k])
        if i not in taken1 and j not in taken2:
            taken1.add(i)
            taken2.add(j)
            kept.append(k)
    return np.sort(np.array(kept, np.int64))
