"""What was found for the spaxels of a cube, as images on the sky."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.fits import opened
from skyloom.spectra.readers.detect import maps_beside
from skyloom.spectra.readers.manga import bins_of

PLACED, REJECTED, NOTHING = 0, 1, 2  # values of the image MASK
WHOLE = ("bmu", "map_row", "map_column")  # -1 where there is none


def spaxels(path: str | Path, info: pd.DataFrame, shape: tuple[int, int]) -> np.ndarray:
    """Return the row of `info` of each spaxel of a cube, int (ny, nx), -1 for none.

    Spaxels of one bin of MaNGA's MAPS have one spectrum.
    """
    image = np.full(shape, -1)
    if "bin" not in info:
        image[info["row"], info["column"]] = np.arange(len(info))
        return image
    maps, names = maps_beside(path), info["bin"].to_numpy()
    if maps is None:
        image.ravel()[names] = np.arange(len(info))
        return image
    with opened(maps) as file:
        plane = bins_of(file)
    row = np.clip(np.searchsorted(names, plane), 0, len(names) - 1)
    return np.where(names[row] == plane, row, -1)


def images(found: pd.DataFrame, place: np.ndarray) -> dict[str, np.ndarray]:
    """Return an image (ny, nx) of each number that was found, and of the mask.

    Parameters
    ----------
    found : DataFrame
        Of `skyloom.spectra.place.spectra.place_spectra`, index 0 to n - 1.
    place : ndarray of int, shape (ny, nx)
        Of `spaxels`.

    Returns
    -------
    dict of str to ndarray
        By upper-case name. ``MASK`` is 0 where a spectrum was placed, 1 where it was
        rejected, 2 where there is none. Float images are NaN and whole ones -1 there.
    """
    there = place >= 0
    rejected = (found["reason"] != "").to_numpy()[place]
    mask = np.where(there, np.where(rejected, REJECTED, PLACED), NOTHING)
    made = {"MASK": mask.astype(np.uint8)}
    for name in found.columns.drop("reason"):
        values = found[name].to_numpy()[place]
        kind, empty = (np.int32, -1) if name in WHOLE else (np.float32, np.nan)
        made[name.upper()] = np.where(there, values, empty).astype(kind)
    return made
