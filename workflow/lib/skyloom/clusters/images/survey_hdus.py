"""The HDUs of a survey image: found, checked and read in part."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from astropy.coordinates import FK5, ICRS
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning
from astropy.wcs.utils import wcs_to_celestial_frame

from skyloom.io.errors import InputError
from skyloom.io.fits import FitsFile

FRAMES = ICRS(), FK5()  # of J2000, which is ICRS within 0.1 arcsec
NUMBERS = [f"{name}{axis}" for name in ("CRVAL", "CRPIX", "CDELT") for axis in (1, 2)]
NUMBERS += [f"CD{row}_{column}" for row in (1, 2) for column in (1, 2)]


def find(file: FitsFile) -> dict[str, fits.ImageHDU]:
    """Return the HDUs of a file that hold pixels, all of one shape.

    They are SCI, and VARIANCE and MASK (MSK in coadds of DES) where there are such.
    InputError without an image of two axes, or with other shapes than SCI's.
    """
    names = {"VARIANCE": "VARIANCE", "MASK": "MSK" if "MASK" not in file else "MASK"}
    found = {role: file[name] for role, name in names.items() if name in file}
    found = {"SCI": _science(file), **found}
    for name, hdu in found.items():
        shape, wanted = (getattr(x, "shape", None) for x in (hdu, found["SCI"]))
        if not hdu.is_image:
            problem, expected = "not an image", "an image HDU"
        elif len(shape) != 2 or 0 in shape:
            problem = f"NAXIS = {len(shape)}, shape {shape}"
            expected = "NAXIS = 2, not empty"
        elif shape != wanted:
            problem, expected = f"shape {shape}", f"the shape of SCI, {wanted}"
        else:
            continue
        raise InputError(file.path, problem, where=f"HDU {name}", expected=expected)
    return found


def _science(file: FitsFile) -> fits.ImageHDU:
    if "SCI" in file:
        return file["SCI"]
    images = [hdu for hdu in file if hdu.is_image and len(hdu.shape) > 0]
    planes = [hdu for hdu in images if len(hdu.shape) == 2]
    if planes:
        return planes[0]
    seen = ", ".join(f"{hdu.name or 'PRIMARY'} {hdu.shape}" for hdu in images)
    problem = f"no image of two axes ({seen})" if images else "no image"
    raise InputError(file.path, problem, expected="an HDU SCI with NAXIS = 2")


def good(path: Path, image: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Return which pixels are good: finite, and 0 in the mask, if there is one.

    A warning names a file with pixels that are not finite outside of its mask.
    """
    finite = np.isfinite(image)
    if mask is None:
        return finite
    unmasked = mask == 0
    found = finite & unmasked
    if np.count_nonzero(found) < np.count_nonzero(unmasked):
        # Without numbers: the same text from all parts of a file is shown once.
        msg = f"{path}: pixels that are not finite where MASK is 0 count as masked"
        warnings.warn(msg, stacklevel=2)
    return found


def world(path: Path, hdu) -> WCS:
    """Return the world coordinates of an image; InputError for none on the sky."""
    problem = ""
    try:
        with warnings.catch_warnings():
            # Old keywords and dates that astropy corrects are no fault of the pixels.
            warnings.simplefilter("ignore", FITSFixedWarning)
            found = WCS(hdu.header)
        text = [key for key in NUMBERS if isinstance(hdu.header.get(key), str)]
        if not found.has_celestial or found.naxis != 2:
            problem = "no WCS"
        elif text:
            problem = f"{text[0]} = {hdu.header[text[0]]!r}"
        elif not any(map(wcs_to_celestial_frame(found).is_equivalent_frame, FRAMES)):
            problem = f"the WCS is not of RA and Dec in ICRS ({found.wcs.ctype[0]}, "
            problem += f"{wcs_to_celestial_frame(found)!r})"
        elif not 0 < abs(np.linalg.det(found.pixel_scale_matrix)) < np.inf:
            problem = "the WCS maps all pixels onto a line"
    except Exception as bad:  # wcslib's errors have no class in common
        problem = f"the world coordinates cannot be read ({bad})"
    if problem:
        where = f"HDU {hdu.name or 'PRIMARY'}"
        expected = "CTYPE RA---, DEC-- in ICRS or FK5 of J2000, and numbers CRVAL, "
        expected += "CRPIX and CD or CDELT"
        raise InputError(path, problem, where=where, expected=expected)
    return found


def zero_point(path: Path, hdu) -> float:
    """Return the AB magnitude of one count; InputError where the header has none."""
    value = hdu.header.get("MAGZERO")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and np.isfinite(value):
        return float(value)
    problem = "no zero point" if value is None else f"MAGZERO = {value!r}"
    raise InputError(
        path,
        problem,
        where=f"HDU {hdu.name or 'PRIMARY'}",
        expected="MAGZERO, the AB magnitude of one count",
        remedy="add the card MAGZERO to the header (DES coadds: 30)",
    )
