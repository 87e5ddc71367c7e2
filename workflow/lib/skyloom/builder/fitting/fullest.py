"""The fullest model that crowd and image allow: where the fits of a galaxy begin.

Disk, bulge and bar are always in it, as is every arm that the crowd gives: the image
is asked about each before any is left out. Some starts are fits that began at the
crowd; others are the image's own, the same for every crowd: bars and bulges of a few
sizes and angles on a disk that was fitted alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import product

import numpy as np
from scipy import optimize

from skyloom.builder.fitting.priors import POPULATION
from skyloom.builder.fitting.render import Convolver, sersic_image
from skyloom.builder.fitting.spirals import reframed
from skyloom.builder.model import Model, Sersic, SpiralArm, replace

ROLLS = 6  # of a bar that nobody drew
RTOL = 1e-2  # of pixels, to compare these
BULGE_SIZES = (0.05, 0.4)  # of disk Re, in which a bulge begins
BULGES, BARS = (0.07, 0.14, 0.3), (0.15, 0.3, 0.55)  # of disk Re, of the image's starts
WIDER = (1.0, 1.4)  # times the Re of a disk alone, which takes a bulge's light too


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
    bulge = start.bulge or _typical("bulge", start.bar or disk, disk)
    size = np.clip(bulge.Re / disk.Re, *BULGE_SIZES) * disk.Re
    bulge = replace(bulge, Re=float(size))
    bar = start.bar
    if bar is None:
        parts = (disk, bulge, *_turned(_typical("bar", bulge, disk)))
        seen = _Light(parts, cutout)
        bar = min(parts[2:], key=lambda part: seen.left((disk, bulge, part)))
    return Model(disk, bulge, bar, _arms(crowd, disk))


def image_starts(disk: Sersic, crowd: Model, cutout) -> list[Model]:
    """Return models to begin from that the image alone proposes.

    The first has no bar; then follows the best one of each size of bars.

    Parameters
    ----------
    disk : Sersic
        The fit of a disk and nothing else.
    crowd : Model
        The crowd's arms, which are in each of the models.
    cutout : Cutout
        Brightness is solved for, and what leaves least counts.
    """
    wide = [replace(disk, Re=disk.Re * by) for by in WIDER]
    inner = [_typical("bulge", disk, disk, size) for size in BULGES]
    bars = [tuple(_turned(_typical("bar", disk, disk, size))) for size in BARS]
    seen = _Light((*wide, *inner, *(bar for one in bars for bar in one)), cutout)
    tried = [product(wide, inner), *(product(wide, inner, one) for one in bars)]
    best = [min(sets, key=seen.left) for sets in tried]
    return [Model(*parts, spiral=_arms(crowd, parts[0])) for parts in best]


def _arms(crowd: Model, disk: Sersic) -> tuple[SpiralArm, ...]:
    spread = max(POPULATION["spiral.spread"][0] * disk.Re, 1.0)
    arms = (reframed(arm, crowd.disk, disk) for arm in crowd.spiral)
    return tuple(replace(arm, spread=spread) for arm in arms)


def _typical(name: str, centre: Sersic, disk: Sersic, size: float | None = None):
    """Return a component as galaxies have it, along the disk, of a size in disk Re."""
    known = {k: POPULATION.get(f"{name}.{k}", (2.0,))[0] for k in ("q", "Re", "n", "c")}
    Re = (size or known["Re"]) * disk.Re
    shape = {key: known[key] for key in "qnc"}
    return Sersic(centre.mux, centre.muy, disk.roll, Re=Re, I=1.0, **shape)


def _turned(bar: Sersic) -> Iterator[Sersic]:
    for roll in math.pi / ROLLS * np.arange(ROLLS):
        yield replace(bar, roll=float(roll))


class _Light:
    """Images of components, to compare which of them together leave least."""

    def __init__(self, parts: Iterable[Sersic], cutout):
        self.parts = list(parts)
        frame, good = Convolver(cutout.psf, cutout.image.shape), ~cutout.mask
        wide = np.stack([sersic_image(p, frame, RTOL)[0] for p in self.parts])
        self.data = cutout.image[good] / cutout.sigma[good]
        # The triangle of a QR holds all that a solution needs.
        q, self.seen = np.linalg.qr((frame(wide)[:, good] / cutout.sigma[good]).T)
        self.data = q.T @ self.data

    def left(self, parts: Iterable[Sersic]) -> float:
        """Return the root of chi² with the best brightness, but for a constant."""
        columns = [self.parts.index(part) for part in parts]
        return optimize.nnls(self.seen[:, columns], self.data)[1]
