"""The mean of the training galaxies' maps, as it lies or along their disks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from skyloom.spirals.evaluation.overlap import soft_iou
from skyloom.spirals.measure.ellipse import Ellipse


@dataclass(frozen=True)
class MeanMask:
    """A map that is told of each galaxy.

    Attributes
    ----------
    shares : ndarray, shape (kinds, H, W)
        The maps; of a disk along the columns, if `turned`.
    turned : tuple of bool
        Whether each kind's is turned to the galaxy's disk.
    """

    shares: np.ndarray
    turned: tuple[bool, ...]

    def maps(self, disk: Ellipse | None) -> np.ndarray:
        """Return the maps of a galaxy with a disk, shape (kinds, H, W)."""
        pairs = zip(self.shares, self.turned, strict=True)
        return np.stack([_turn(one, disk, 1) if t else one for one, t in pairs])


def fit_mean_mask(
    shares: np.ndarray, asked: np.ndarray, disks: Sequence[Ellipse | None]
) -> MeanMask:
    """Return the mean maps of training galaxies, turned where that overlaps better.

    Parameters
    ----------
    shares : ndarray, shape (n, kinds, H, W)
        Shares of volunteers that mark a pixel.
    asked : ndarray, shape (n, kinds)
        How many were asked; those of 0 do not count.
    disks : sequence of Ellipse or None
        Of each galaxy, on the same array.

    Raises
    ------
    ValueError
        When of a kind nobody was asked.
    """
    best, kept = [], []
    for kind in range(shares.shape[1]):
        rows = np.flatnonzero(np.asarray(asked)[:, kind] > 0)
        if not len(rows):
            msg = f"mean mask: no training galaxy has marks of kind {kind}"
            raise ValueError(msg)
        options = {False: _plain(shares, kind, rows)}
        if any(disks[row] is not None for row in rows):
            options[True] = _aligned(shares, kind, rows, disks)
        turned = max(options, key=lambda k: options[k][1])
        best.append(options[turned][0])
        kept.append(turned)
    return MeanMask(np.stack(best).astype(np.float32), tuple(kept))


def _plain(shares, kind, rows) -> tuple[np.ndarray, float]:
    mean = np.mean([shares[row, kind] for row in rows], axis=0)
    return mean, np.mean([soft_iou(mean, shares[row, kind]) for row in rows])


def _aligned(shares, kind, rows, disks) -> tuple[np.ndarray, float]:
    mean = np.mean([_turn(shares[r, kind], disks[r], -1) for r in rows], axis=0)
    found = [soft_iou(_turn(mean, disks[r], 1), shares[r, kind]) for r in rows]
    return mean, np.mean(found)


def _turn(image: np.ndarray, disk: Ellipse | None, sense: int) -> np.ndarray:
    """Return an image turned about its middle by a disk's position angle."""
    if disk is None:
        return image
    # scipy turns from the second axis to the first: from west to north here.
    return ndimage.rotate(image, -sense * disk.angle, reshape=False, order=1)
