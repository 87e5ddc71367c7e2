"""Maps that a network's mean and standard deviation allow."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

LENGTH = 1 / 16  # of the side, over which errors of a map are alike


def drawn_maps(
    mean: np.ndarray, std: np.ndarray, rng: np.random.Generator, draws: int
) -> np.ndarray:
    """Return maps drawn about a mean, shape (draws, H, W), from 0 to 1.

    Deviations are normal, of the given standard deviation, and correlated like a
    Gaussian of sigma `LENGTH`: a network that errs does so over whole parts of a bar.
    """
    noise = rng.normal(size=(draws, *mean.shape))
    sigma = LENGTH * min(mean.shape)
    field = ndimage.gaussian_filter(noise, (0, sigma, sigma), mode="wrap")
    # The sum of squares of the filter's weights, on both axes.
    point = np.zeros(mean.shape)
    point[0, 0] = 1.0
    kernel = ndimage.gaussian_filter(point, sigma, mode="wrap")
    return np.clip(mean + std * field / np.sqrt((kernel**2).sum()), 0, 1)
