"""Bad pixels filled with sky of the same window."""

from __future__ import annotations

import numpy as np

STEPS = 8  # parts of a window's side by which it is moved to find sky for a hole


def filled(images: np.ndarray) -> np.ndarray:
    """Return windows with each bad pixel taken from elsewhere in the window.

    An encoder that normalises by a window's mean and spread takes the empty part of
    one for darkness, and the rest for uncommonly bright: where three quarters of an
    empty field were blank, it saw two clusters in the rest. What it says of the filled
    tiles is not used.

    Of images (n, bands, height, width), NaN where a pixel is bad in any band, each bad
    pixel becomes the first good one that is found by moving the window by eighths along
    its rows, then along its columns; NaN only in a band without a good pixel there.
    """
    bad = np.isnan(images).any(axis=1, keepdims=True)
    if not bad.any():
        return images
    # All bands from one place: a mixture would have colours that no galaxy has.
    images = np.where(bad, np.float32(np.nan), images)
    for axis in (-1, -2):
        source = images
        for part in range(1, STEPS):
            bad = np.isnan(images)
            if not bad.any():
                return images
            moved = np.roll(source, part * images.shape[axis] // STEPS, axis)
            images = np.where(bad, moved, images)
    return images
