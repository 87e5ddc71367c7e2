"""Arms found by pyarcfire, a port of SpArcFiRe (Davis & Hayes 2014, ApJ 790, 87).

It is no part of the environment: `pip install pyarcfire`. It takes seconds a galaxy,
and knows no bars. The disk is not deprojected.
"""

from __future__ import annotations

import numpy as np
from skimage.transform import resize

SIZE = 128  # px: side of what it is given
PUBLISHED = 256  # px: side that its settings are for
LEAST, UNSHARP, AMOUNT = 150, 25, 6  # px of an arc, px and weight of its sharpening


def find_arcs(picture: np.ndarray, size: int) -> np.ndarray:
    """Return which pixels of a map of `size` px are arcs of a picture of its field.

    Parameters
    ----------
    picture : ndarray, shape (H, W, 3)
        Row 0 south.
    size : int
        Side of the map.

    Raises
    ------
    ModuleNotFoundError
        When pyarcfire is not installed.
    """
    try:
        import pyarcfire  # noqa: PLC0415
        from pyarcfire.preprocess import ImageUnsharpMaskBooster  # noqa: PLC0415
    except ModuleNotFoundError as error:
        msg = "baseline arcfire needs pyarcfire: pip install pyarcfire, or leave it out"
        raise ModuleNotFoundError(msg, name=error.name) from error
    grey = np.asarray(picture, np.float64).mean(axis=2)[::-1]  # its row 0 is north
    grey = resize(grey, (SIZE, SIZE), order=1, anti_aliasing=True)
    part = SIZE / PUBLISHED
    finder = pyarcfire.SpiralFinder().with_booster(
        ImageUnsharpMaskBooster(UNSHARP * part, AMOUNT)
    )
    finder = finder.with_clustering_settings(minimum_cluster_size=int(LEAST * part**2))
    mask = (finder.extract(grey).mask > 0)[::-1].astype(np.float64)
    return resize(mask, (size, size), order=1, anti_aliasing=True) >= 0.5
