"""Arms that a galaxy may have: those that volunteers drew, and their twins.

Crowds miss arms far more often than they invent them: of 38 galaxies with one agreed
arm, 35 have two (Lingard et al. 2021, MNRAS 504, 3364, section 4). Most spirals look
the same after half a turn, so each arm without a partner proposes one there; the image
decides whether there is light.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize

from skyloom.builder.fitting.render import Convolver, arm_image, sersic_image
from skyloom.builder.model import MOST_ARMS, Model, SpiralArm, replace

BESIDE = 0.2  # ln r: arms nearer than this are one
SAME = 0.5  # part of an arm beside another at which it is the same
RTOL = 1e-2  # of pixels, to look for light
LEAST_LIGHT = 0.01  # of an arm over all light, to be worth a fit
_SAMPLES = 20


class Backing(NamedTuple):
    """How many of a galaxy's arms, the first, volunteers agree on, and drew."""

    agreed: int
    drawn: int


def twin(arm: SpiralArm) -> SpiralArm:
    """Return an arm after half a turn about the disk's centre."""
    shrink = math.exp(-math.pi * math.tan(math.radians(arm.phi)))
    ends = {"t_min": arm.t_min + math.pi, "t_max": arm.t_max + math.pi}
    return replace(arm, A=arm.A * shrink, **ends)


def overlap(arm: SpiralArm, other: SpiralArm) -> float:
    """Return the part of an arm that lies beside another one, in the same plane."""
    middles = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    theta = arm.t_min + middles * (arm.t_max - arm.t_min)
    log_r = math.log(arm.A) + theta * math.tan(math.radians(arm.phi))
    turns = np.arange(-2, 3)[:, None] * 2 * np.pi
    at = theta + turns
    there = (at > other.t_min) & (at < other.t_max)
    miss = math.log(other.A) + at * math.tan(math.radians(other.phi)) - log_r
    return float((there & (np.abs(miss) < BESIDE)).any(0).mean())


def with_twins(
    arms: Sequence[SpiralArm], widths: Sequence[Mapping], n_agreed: int
) -> tuple[list[SpiralArm], list[Mapping]]:
    """Return arms and their prior widths, and a twin of each that has none.

    Only the first `n_agreed` arms propose a twin.
    """
    found, known = list(arms), list(widths)
    for arm, width in zip(arms[:n_agreed], widths, strict=False):
        other = twin(arm)
        if max(overlap(other, one) for one in found) < SAME:
            found.append(other)
            known.append(_turned(width, other.A / arm.A))
    return found, known


def _turned(width: Mapping, shrink: float) -> dict:
    """Return the prior widths of an arm's twin."""
    turned = dict(width)
    if width["A"] is not None:
        turned["A"] = width["A"] * shrink
    if "pivot" in width:
        turned["pivot"] = width["pivot"] + math.pi
    return turned


def lit_arms(
    model: Model, arms: Sequence[SpiralArm], cutout, agreed: int = 0
) -> list[int]:
    """Return which arms have light on top of a model's components, at most `MOST_ARMS`.

    The first, `agreed`, go before others, the bright before the faint. Brightness is
    solved for with all geometry as it is.
    """
    if not arms:
        return []
    frame = Convolver(cutout.psf, cutout.image.shape)
    parts = [sersic_image(p, frame, RTOL)[0] for p in model.components().values()]
    ridges = [arm_image(model.disk, arm, frame, RTOL)[0] for arm in arms]
    wide = np.stack(parts + ridges)
    good = ~cutout.mask
    seen = frame(wide)[:, good] / cutout.sigma[good]
    q, r = np.linalg.qr(seen.T)
    light = optimize.nnls(r, q.T @ (cutout.image[good] / cutout.sigma[good]))[0]
    flux = light * wide.sum((1, 2))
    share = flux[len(parts) :] / flux.sum()
    lit = [i for i in range(len(arms)) if share[i] > LEAST_LIGHT]
    return sorted(sorted(lit, key=lambda i: (i >= agreed, -share[i]))[:MOST_ARMS])
