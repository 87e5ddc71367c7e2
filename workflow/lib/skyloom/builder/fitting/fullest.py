"""The fullest model that crowd and image allow: where the fits of a galaxy begin.

Disk, bulge and bar are always in it, as is every arm that the crowd gives: the image
is asked about each before any is left out.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize

from skyloom.builder.fitting.priors import POPULATION
from skyloom.builder.fitting.render import Convolver, sersic_image
from skyloom.builder.fitting.spirals import reframed
from skyloom.builder.model import Model, Sersic, replace

ROLLS = 6  # of a bar that nobody drew
RTOL = 1e-2  # of pixels, to compare these
BULGE_SIZES = (0.05, 0.4)  # of disk Re, in which a bulge begins


def fullest(start: Model, crowd: Model, cutout) -> Model:
    """Return a model with all components, from a fit of some of them.

    Parameters
    ----------
    start : Model
        A fit, with a disk.
    crowd : Model
        The crowd's arms and the disk in whose plane they are.
    cutout : Cutout
        Tells how a bar would lie.
    """
    disk = start.disk
    bulge = start.bulge or _typical_bulge(disk, start.bar or disk)
    size = np.clip(bulge.Re / disk.Re, *BULGE_SIZES) * disk.Re
    bulge = replace(bulge, Re=float(size))
    bar = start.bar or _likely_bar(disk, bulge, cutout)
    spread = max(POPULATION["spiral.spread"][0] * disk.Re, 1.0)
    arms = (reframed(arm, crowd.disk, disk) for arm in crowd.spiral)
    return Model(disk, bulge, bar, tuple(replace(a, spread=spread) for a in arms))


def _typical_bulge(disk: Sersic, centre: Sersic) -> Sersic:
    q, size, n = (POPULATION[f"bulge.{key}"][0] for key in ("q", "Re", "n"))
    return Sersic(centre.mux, centre.muy, disk.roll, q, size * disk.Re, 1.0, n)


def _likely_bar(disk: Sersic, bulge: Sersic, cutout) -> Sersic:
    """Return a typical bar, turned to where the image leaves most light for it."""
    q, size, n, c = (POPULATION[f"bar.{key}"][0] for key in ("q", "Re", "n", "c"))
    typical = Sersic(bulge.mux, bulge.muy, 0.0, q, size * disk.Re, 1.0, n, c)
    rolls = math.pi / ROLLS * np.arange(ROLLS)
    bars = [replace(typical, roll=float(roll)) for roll in rolls]
    frame = Convolver(cutout.psf, cutout.image.shape)
    wide = np.stack([sersic_image(p, frame, RTOL)[0] for p in (disk, bulge, *bars)])
    good = ~cutout.mask
    seen = frame(wide)[:, good] / cutout.sigma[good]
    data = cutout.image[good] / cutout.sigma[good]
    left = [optimize.nnls(seen[[0, 1, 2 + k]].T, data)[1] for k in range(ROLLS)]
    return bars[int(np.argmin(left))]
