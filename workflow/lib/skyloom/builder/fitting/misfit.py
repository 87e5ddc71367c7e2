"""How far the noise is from what a smooth model leaves in an image.

A galaxy is never its model: clumps, dust and lopsidedness leave residuals that are
larger than the noise and alike in neighbouring pixels. Chi² counts each pixel as new
evidence, so that errors and evidence from it alone are far too sure of themselves. The
sum of residuals over a block of pixels shows both: without misfit its square is, on
average, the number of its pixels, and with it larger by the factor that is returned
here. Errors grow by its root, differences of chi² shrink by it.

Source: the block bootstrap's estimate of a variance, Künsch 1989, Ann. Stat. 17, 1217.
"""

from __future__ import annotations

import math

import numpy as np

from skyloom.builder.aggregation.logspiral import deproject
from skyloom.builder.fitting.settle import Settled
from skyloom.builder.model import Sersic

BLOCK = 8  # px, a few widths of the PSF
REACH = 2.0  # of the disk's Re, within which the galaxy is
LEAST_FILLED = 0.5  # part of a block's pixels that are good and near
LEAST_BLOCKS = 4  # to know the sky's level from


def misfit(fit: Settled) -> float:
    """Return the `inflation` of a fit's residuals, and no less than chi² a pixel.

    In small galaxies the fit itself takes most of what a block's sum would show.
    """
    problem, disk = fit.problem, fit.shape.disk
    a_pixel = max(1.0, fit.chisq / len(problem.data))
    if disk is None:
        return a_pixel
    residual, bad = _planes(fit)
    return max(a_pixel, inflation(residual, bad, disk))


def sky_error(fit: Settled) -> float:
    """Return the standard error of the sky's level [image units].

    Around the galaxy, beyond `REACH`, the mean of the residuals says how far the level
    is off, and the scatter of their means over blocks how well this is known. Where
    the galaxy fills its image, all blocks count, and in a tiny image all pixels.
    """
    problem, disk = fit.problem, fit.shape.disk
    residual, bad = _planes(fit)
    residual.flat[problem.good] /= problem.weight
    level = _levels(residual, bad | (False if disk is None else _near(disk, bad.shape)))
    if len(level) < LEAST_BLOCKS:
        level = _levels(residual, bad)
    if len(level) < LEAST_BLOCKS:
        level = residual[~bad]
    return math.hypot(level.mean(), level.std(ddof=1) / math.sqrt(len(level)))


def _levels(residual: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Return the mean of each block that has enough good pixels."""
    total, count = _blocks(np.where(bad, 0.0, residual)), _blocks(1.0 - bad)
    full = count >= LEAST_FILLED * BLOCK**2
    return total[full] / count[full]


def _planes(fit: Settled) -> tuple[np.ndarray, np.ndarray]:
    """Return residuals in sigma as an image, and which of its pixels are bad."""
    problem = fit.problem
    residual, bad = np.zeros(problem.frame.shape), np.ones(problem.frame.shape, bool)
    residual.flat[problem.good] = fit.residuals
    bad.flat[problem.good] = False
    return residual, bad


def inflation(residual: np.ndarray, mask: np.ndarray, disk: Sersic) -> float:
    """Return the factor by which residuals exceed independent noise, 1 or more.

    Parameters
    ----------
    residual : ndarray, shape (ny, nx)
        Image less model, in sigma.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    disk : Sersic
        Blocks are taken within `REACH` of its effective radii.
    """
    near = _near(disk, residual.shape) & ~mask
    total = _blocks(np.where(near, residual, 0.0))
    count = _blocks(near.astype(float))
    full = count >= LEAST_FILLED * BLOCK**2
    if not full.any():
        return 1.0
    return max(1.0, float((total[full] ** 2).sum() / count[full].sum()))


def _near(disk: Sersic, shape: tuple[int, int]) -> np.ndarray:
    ny, nx = shape
    place = np.stack(np.meshgrid(np.arange(nx), np.arange(ny)), -1).reshape(-1, 2)
    return (deproject(place, disk)[0] < REACH * disk.Re).reshape(shape)


def _blocks(image: np.ndarray) -> np.ndarray:
    ny, nx = (n // BLOCK for n in image.shape)
    whole = image[: ny * BLOCK, : nx * BLOCK]
    return whole.reshape(ny, BLOCK, nx, BLOCK).sum((1, 3))
