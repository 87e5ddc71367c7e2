"""The picture that the network sees, of a file of any kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skyloom.spirals.cutouts.colour import rgb
from skyloom.spirals.cutouts.files import read_cutout
from skyloom.spirals.cutouts.pictures import SUFFIXES, read_picture, resized
from skyloom.spirals.cutouts.resample import onto
from skyloom.spirals.geometry import Stamp


def shown(
    path: str | Path, size: int, stamp: Stamp | None = None
) -> tuple[np.ndarray, Stamp | None]:
    """Return a file's picture, uint8 (size, size, 3), and its field on the sky.

    Parameters
    ----------
    path : str or Path
        JPEG, PNG, or else FITS.
    size : int
        Side [px].
    stamp : Stamp, optional
        The field, of a FITS file with world coordinates; otherwise the largest square
        in the middle. Files without world coordinates have None.

    Raises
    ------
    InputError, DatumError
        As of `read_picture`, `read_cutout` and `onto`.
    """
    path = Path(path)
    if path.name.lower().endswith(SUFFIXES):
        return resized(read_picture(path), size), None
    cutout = read_cutout(path)
    known = cutout.wcs is not None
    field = stamp.resized(size) if stamp and known else cutout.whole(size)
    return rgb(onto(cutout, field)), field if known else None
