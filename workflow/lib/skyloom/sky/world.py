"""World coordinates of images, as headers tell them: on the sky, or refused."""

from __future__ import annotations

import warnings
from math import isfinite

import numpy as np
from astropy.coordinates import FK5, ICRS
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame

from skyloom.sky.geometry import pixel_scale

J2000 = ICRS(), FK5()  # within 0.1 arcsec of each other
PLACES = [f"{name}{axis}" for name in ("CRVAL", "CRPIX") for axis in (1, 2)]
STEPS = ["CDELT1", "CDELT2"]
STEPS += [f"{name}{i}_{j}" for name in ("CD", "PC") for i in (1, 2) for j in (1, 2)]
# A longitude may be counted either way, or beyond a turn [deg]; [px].
MOST = {"CRVAL1": 720, "CRVAL2": 90, "CRPIX1": 1e7, "CRPIX2": 1e7}
KNOWN = ("RA", "GLON")
WIDEST = 60.0  # degrees, the side of a pixel


def celestial(header: fits.Header, shape: tuple[int, int]) -> WCS:
    """Return the world coordinates of an image of ``(ny, nx)`` pixels.

    Right ascension or galactic longitude is the first axis, in any frame that astropy
    converts to ICRS; the middle of the image is on the sky.

    Raises
    ------
    ValueError
        None such: other axes, or in another order, numbers that are missing, text or
        beyond the sky, pixels without area, or what wcslib refuses.
    """
    with warnings.catch_warnings():
        # Old keywords and dates that astropy corrects are no fault of the pixels.
        warnings.simplefilter("ignore", AstropyWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        _numbers(header)
        try:
            found = WCS(header, naxis=2)
            found.wcs.set()
        except Exception as bad:  # wcslib's errors have no class in common
            raise ValueError(" ".join(str(bad).split())) from None
        problem = _axes(found) or _pixels(found, shape)
    if problem:
        raise ValueError(problem)
    return found


def in_j2000(wcs: WCS) -> bool:
    """Return whether coordinates are right ascension and declination of J2000."""
    frame = wcs_to_celestial_frame(wcs)
    return any(map(frame.is_equivalent_frame, J2000))


def _numbers(header: fits.Header) -> None:
    """Refuse what is no number, or missing, which wcslib takes for 0 or 1."""
    if not any(str(header.get(f"CTYPE{axis}", "")).strip() for axis in (1, 2)):
        msg = "no WCS: no CTYPE1 and CTYPE2"
        raise ValueError(msg)
    told = [key for key in STEPS if key in header]
    if not told:
        msg = "no CD, PC or CDELT: the size of a pixel is unknown"
        raise ValueError(msg)
    for key in (*PLACES, *told):
        value = header.get(key)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not isfinite(value):
            msg = f"{key} is {value!r}" if key in header else f"no {key}"
            raise ValueError(msg)
    for key, most in MOST.items():
        if abs(header[key]) > most:
            msg = f"{key} is {header[key]!r}"
            raise ValueError(msg)


def _axes(found: WCS) -> str:
    """Return what is wrong with the axes; nothing if they are well."""
    if not found.has_celestial or (found.wcs.lng, found.wcs.lat) != (0, 1):
        return f"no WCS of the sky: the axes are {', '.join(found.wcs.ctype)}"
    # astropy takes other longitudes, as those of the ecliptic, for right ascensions.
    if found.wcs.lngtyp.strip() not in KNOWN:
        return (
            f"longitudes {found.wcs.lngtyp}; only {' and '.join(KNOWN)} are converted"
        )
    return ""


def _pixels(found: WCS, shape: tuple[int, int]) -> str:
    """Return what is wrong with the pixels; nothing if they are well."""
    area = abs(np.linalg.det(found.pixel_scale_matrix))
    if not 0 < area < np.inf:
        return "the pixels have no area: CD, or PC and CDELT"
    scale = pixel_scale(found) / 3600
    if not 0 < scale < WIDEST:
        return f"pixels of {scale:.3g} degrees"
    ny, nx = shape
    try:
        place = found.all_pix2world((nx - 1) / 2, (ny - 1) / 2, 0)
        found.pixel_to_world((nx - 1) / 2, (ny - 1) / 2).icrs  # noqa: B018 - if it can
    except Exception as bad:  # wcslib's errors have no class in common
        return " ".join(str(bad).split())
    if not np.isfinite(place).all():
        return "the middle of the image is not on the sky"
    return ""
