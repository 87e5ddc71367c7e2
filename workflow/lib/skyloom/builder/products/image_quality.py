"""What an image's pixels say of how far a fit to it is to be trusted.

Seams of a mosaic are lines of pixels that no galaxy makes, and that are not masked.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

CONSTANT = 10  # pixels in a row of exactly one value; of noise, even rounded, 4
JUMP = 5.5  # in scatters of the jumps at all lines of an image
LEAST = 0.5  # in sigma of a pixel
SHARE = 0.3  # of a line's pixels that must be good
FINER = 10  # steps a pixel
MAD = 1.4826  # normal standard deviation in median absolute deviations


def has_seam(image: np.ndarray, sigma: np.ndarray, mask: np.ndarray) -> bool:
    """Return whether a row or column is constant in part, or stands off from others.

    A line stands off where the median step to the next one, in sigma, is not half of
    what the steps before and after add up to, by `JUMP` times the scatter of this
    number over the image: a line of another brightness or a change of level. This must
    change its sign from line to line, as nothing does that the PSF has blurred, be it a
    thin disk along the pixels.
    """
    seen = np.where(mask, np.nan, image)
    turned = ((seen, sigma), (seen.T, sigma.T))
    return any(_constant(a) or _jumps(a, s) for a, s in turned)


def _constant(image: np.ndarray) -> bool:
    """Return whether a column has `CONSTANT` pixels of one value, one after another."""
    run = np.zeros(image.shape[1], int)
    for here, above in pairwise(image):
        run = np.where(here == above, run + 1, 0)
        if (run >= CONSTANT - 1).any():
            return True
    return False


def _jumps(image: np.ndarray, sigma: np.ndarray) -> bool:
    """Return whether a row stands off from its neighbours."""
    steps = np.diff(image, axis=0) / sigma[1:]
    enough = np.isfinite(steps).mean(axis=1) > SHARE
    if enough.sum() < CONSTANT:
        return False
    step = np.full(len(steps), np.nan)
    step[enough] = np.nanmedian(steps[enough], axis=1)
    jump = step[1:-1] - (step[:-2] + step[2:]) / 2
    known = np.isfinite(jump)
    if not known.any():
        return False
    high = np.abs(jump) > max(JUMP * MAD * np.median(np.abs(jump[known])), LEAST)
    beside = np.pad(jump, 1, constant_values=np.nan)  # beyond the edge nothing is known
    alike = (jump * beside[:-2] > 0) | (jump * beside[2:] > 0)
    return bool((high & ~alike).any())


def fwhm(psf: np.ndarray) -> float:
    """Return the diameter [px] of a circle as large as the PSF above half its peak."""
    from scipy.ndimage import zoom  # noqa: PLC0415 - for those that read no image

    fine = zoom(psf, FINER, order=3, mode="nearest", grid_mode=True)
    return float(2 * np.sqrt(np.sum(fine > fine.max() / 2) / np.pi) / FINER)
