"""Arms found by pyarcfire, a port of SpArcFiRe (Davis & Hayes 2014, ApJ 790, 87).

It is no part of the environment: `pip install pyarcfire`. It takes seconds a galaxy,
and knows no bars. The disk is not deprojected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skimage.transform import resize

SIZE = 128  # px: side of what it is given
PUBLISHED = 256  # px: side that its settings are for
LEAST, UNSHARP, AMOUNT = 150, 25, 6  # px of an arc, px and weight of its sharpening


@dataclass(frozen=True)
class Arcs:
    """What was found.

    Attributes
    ----------
    mask : ndarray of bool, shape (H, W)
        Pixels of arcs.
    pitch : float
        Mean pitch angle of the arcs that wind as most do [deg]; NaN of none.
    winding : str
        ``Z`` or ``S`` as in `skyloom.spirals.measure.arms`; empty of none.
    number : int
        Of arcs.
    """

    mask: np.ndarray
    pitch: float
    winding: str
    number: int


def find_arcs(picture: np.ndarray, size: int) -> Arcs:
    """Return the arcs of a picture on a map of `size` px of the same field.

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
    found = finder.extract(grey)
    mask = (found.mask > 0)[::-1].astype(np.float64)
    mask = resize(mask, (size, size), order=1, anti_aliasing=True) >= 0.5
    if not found.num_clusters:
        return Arcs(mask, np.nan, "", 0)
    pitch = float(np.degrees(found.get_overall_pitch_angle()))
    # Its pitch angles are positive where arms wind from north through west.
    return Arcs(mask, abs(pitch), "S" if pitch > 0 else "Z", found.num_clusters)
