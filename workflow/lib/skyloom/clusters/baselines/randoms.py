"""Footprints, and the same galaxies at random places of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.clusters.baselines.photometry import unit_vectors

Inside = Callable[[np.ndarray, np.ndarray], np.ndarray]
TRIES = 100


def inside_image(
    wcs: WCS, shape: tuple[int, int], good: np.ndarray | None = None
) -> Inside:
    """Return the footprint of an image: ``inside(ra, dec)`` for `find_clusters`.

    Of that, ``good`` (height, width) says which pixels count.
    """
    height, width = shape

    def inside(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        ra, dec = np.asarray(ra, float), np.asarray(dec, float)
        # A gnomonic projection shows the far half of the sky as well.
        found = unit_vectors(ra, dec) @ unit_vectors(*wcs.wcs.crval) > 0.5
        x, y = wcs.wcs_world2pix(ra[found], dec[found], 0)
        on = (x >= -0.5) & (x < width - 0.5) & (y >= -0.5) & (y < height - 0.5)
        if good is not None:
            on[on] = good[np.rint(y[on]).astype(int), np.rint(x[on]).astype(int)]
        found[found] = on
        return found

    return inside


def shuffled(galaxies: Table, inside: Inside, rng: np.random.Generator) -> Table:
    """Return the galaxies at random places of the footprint: no clusters are left.

    ValueError when hardly any place about the galaxies is inside.
    """
    n = len(galaxies)
    ra0 = float(galaxies["RA"][0]) if n else 0.0
    turn = (np.asarray(galaxies["RA"], float) - ra0 + 180) % 360 - 180
    sines = np.sin(np.radians(np.asarray(galaxies["DEC"], float)))
    ra, dec = np.zeros(0), np.zeros(0)
    for _ in range(TRIES):
        if len(ra) >= n:
            break
        east = rng.uniform(turn.min(), turn.max(), 2 * n)
        north = np.degrees(np.arcsin(rng.uniform(sines.min(), sines.max(), 2 * n)))
        kept = inside((east + ra0) % 360, north)
        ra = np.append(ra, (east[kept] + ra0) % 360)
        dec = np.append(dec, north[kept])
    if len(ra) < n:
        msg = "hardly any place about the galaxies is in the footprint"
        raise ValueError(msg)
    moved = galaxies.copy()
    moved["RA"], moved["DEC"] = ra[:n], dec[:n]
    return moved
