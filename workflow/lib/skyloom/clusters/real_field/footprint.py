"""Where a galaxy catalogue has looked: HEALPix pixels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.clusters.real_field.sdss import read_galaxies
from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.sky.footprint import Footprint, pixel_of

MASTER = "_master_table.fit"  # in the name of the file that lists the pixels
FINEST = 2048
TO_SHOW = 12.0  # galaxies in a pixel, so that hardly any pixel is empty by chance
OUTSIDE = 1  # value of a mask's pixels outside of the footprint
COARSE = 64  # px of an image that share one look at the footprint


def read_field(files: Sequence[str]) -> tuple[Table, Footprint]:
    """Return the galaxies of one table, or of a folder's, and where they are."""
    masters = [path for path in files if MASTER in Path(path).name]
    galaxies = read_galaxies([path for path in files if path not in masters])
    return galaxies, read_footprint(next(iter(masters), None), galaxies)


def occupied(galaxies: Table) -> Footprint:
    """Return the pixels that hold galaxies, as small as their density allows."""
    nside = FINEST
    while True:
        place = pixel_of(nside, galaxies["RA"], galaxies["DEC"])
        pixels, counts = np.unique(place, return_counts=True)
        if np.median(counts) >= TO_SHOW or nside == 1:
            return Footprint(nside, pixels)
        nside //= 2


def read_footprint(master: str | Path | None, galaxies: Table) -> Footprint:
    """Return the footprint of a catalogue that `read_galaxies` read.

    Its master table says NSIDE and HPIX; without one the galaxies say it by themselves.
    InputError for pixels that do not hold the galaxies.
    """
    if master is None:
        return occupied(galaxies)
    with opened(master) as file:
        read = file.columns(1, ("NSIDE", "HPIX"))
    nside, pixels = int(read["NSIDE"].ravel()[0]), read["HPIX"].ravel()
    if nside < 1 or nside & (nside - 1):
        raise InputError(
            master, f"NSIDE is {nside}", where="row 1", expected="a power of two"
        )
    footprint = Footprint(nside, np.unique(pixels.astype(int)))
    lost = int((~footprint(galaxies["RA"], galaxies["DEC"])).sum())
    if lost:
        raise InputError(
            master,
            f"{lost} of {len(galaxies)} galaxies lie outside of its pixels",
            where="HPIX",
            expected="pixels in RING order that hold all galaxies",
            remedy="without this file the galaxies themselves say where they are",
        )
    return footprint


def image_mask(footprint: Footprint, wcs: WCS, shape: tuple[int, int]) -> np.ndarray:
    """Return the mask of an image of a shape (ny, nx): 0 inside the footprint, else 1.

    It is constant over blocks of `COARSE` px.
    """
    rows, cols = (np.arange(COARSE // 2, n + COARSE // 2, COARSE) for n in shape)
    x, y = np.meshgrid(cols, rows)
    ra, dec = wcs.wcs_pix2world(x.ravel(), y.ravel(), 0)
    outside = ~footprint(ra, dec).reshape(x.shape)
    blocks = outside.astype(np.uint8) * np.uint8(OUTSIDE)
    whole = np.repeat(np.repeat(blocks, COARSE, axis=0), COARSE, axis=1)
    return whole[: shape[0], : shape[1]]
