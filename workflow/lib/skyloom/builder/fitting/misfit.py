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

import numpy as np

from skyloom.builder.aggregation.logspiral import deproject
from skyloom.builder.fitting.settle import Settled
from skyloom.builder.model import Sersic

BLOCK = 8  # px, a few widths of the PSF
REACH = 2.0  # of the disk's Re, within which the galaxy is
LEAST_FILLED = 0.5  # part of a block's pixels that are good and near


def misfit(fit: Settled) -> float:
    """Return the `inflation` of a fit's residuals, and no less than chi² a pixel.

    In small galaxies the fit itself takes most of what a block's sum would show.
    """
    problem, disk = fit.problem, fit.shape.disk
    a_pixel = max(1.0, fit.chisq / len(problem.data))
    if disk is None:
        return a_pixel
    residual, bad = np.zeros(problem.frame.shape), np.ones(problem.frame.shape, bool)
    residual.flat[problem.good] = fit.residuals
    bad.flat[problem.good] = False
    return max(a_pixel, inflation(residual, bad, disk))


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
    ny, nx = residual.shape
    place = np.stack(np.meshgrid(np.arange(nx), np.arange(ny)), -1).reshape(-1, 2)
    near = (deproject(place, disk)[0] < REACH * disk.Re).reshape(ny, nx) & ~mask
    total = _blocks(np.where(near, residual, 0.0))
    count = _blocks(near.astype(float))
    full = count >= LEAST_FILLED * BLOCK**2
    if not full.any():
        return 1.0
    return max(1.0, float((total[full] ** 2).sum() / count[full].sum()))


def _blocks(image: np.ndarray) -> np.ndarray:
    ny, nx = (n // BLOCK for n in image.shape)
    whole = image[: ny * BLOCK, : nx * BLOCK]
    return whole.reshape(ny, BLOCK, nx, BLOCK).sum((1, 3))
