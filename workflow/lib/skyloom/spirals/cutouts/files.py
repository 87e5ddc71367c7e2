"""FITS images of galaxies as people have them, in the units of the survey's cutouts.

A flux is in nanomaggies in a pixel of 0.262 arcsec, whatever the image's own pixels:
what the Legacy Surveys' service writes, which resamples surface brightness (the same
galaxy at 0.1 and at 0.262 arcsec/px has the same peak).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS

from skyloom.io.errors import InputError
from skyloom.io.fits import FitsFile, fill, opened, write_hdus
from skyloom.sky.geometry import pixel_scale
from skyloom.sky.tan import wcs_header
from skyloom.sky.world import celestial
from skyloom.spirals.geometry import Stamp

log = logging.getLogger(__name__)

NATIVE = 0.262  # arcsec, side of a pixel of the Legacy Surveys
KNOWN = "ugrizy"
SCALES = (0.005, 60.0)  # arcsec, sides of pixels of images of galaxies
SMALLEST, LARGEST = 16, 20000  # px, side
NAMED = ("SCI", "IMAGE")  # HDUs that are looked at first
NANOMAGGY = u.Jy * 3631e-9
UNITS = {"nanomaggy": NANOMAGGY, "nanomaggies": NANOMAGGY, "nmgy": NANOMAGGY}
# Cards that are looked at; others may be as odd as they like.
NEEDED = re.compile(
    r"(CTYPE|CRVAL|CRPIX|CDELT|CROTA|CUNIT|CD|PC|PV|PS)\d.*|[AB]P?_.*|L(ON|AT)POLE"
    r"|RADE(SYS|CSYS)|EQUINOX|EPOCH|WCSAXES|NAXIS\d?|BANDS?\d?|BUNIT|FILTER|FLUXMAG0"
)
REMEDY = "correct the header, or cut the image out again"


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """An image of a galaxy.

    Attributes
    ----------
    flux : ndarray of float32, shape (bands, ny, nx)
        NaN where there is none [nanomaggies in 0.262 arcsec squared; or unknown].
    bands : str
        Their names, a letter each: ``grz``; ``?`` for a single unknown one.
    wcs : WCS or None
        World coordinates; None: unknown.
    calibrated : bool
        Whether the unit is known.
    """

    flux: np.ndarray
    bands: str
    wcs: WCS | None
    calibrated: bool = True

    @property
    def missing(self) -> dict[str, float]:
        """Share of the pixels that have no flux, by band."""
        shares = np.isnan(self.flux).mean(axis=(1, 2))
        return dict(zip(self.bands, shares.tolist(), strict=True))

    def whole(self, size: int) -> Stamp:
        """Return the largest square around its middle, on the sky, with other pixels.

        Without world coordinates the square is about an invented place, which has the
        image's own directions and 1 arcsec a pixel.
        """
        ny, nx = self.flux.shape[1:]
        side = min(ny, nx)
        if self.wcs is None:
            return Stamp(0.0, 0.0, side / size, size)
        ra, dec = icrs_of(self.wcs, (nx - 1) / 2, (ny - 1) / 2)
        return Stamp(ra, dec, pixel_scale(self.wcs) * side / size, size)


def icrs_of(wcs: WCS, x: float, y: float) -> tuple[float, float]:
    """Return ICRS coordinates [deg] of a pixel, whatever frame the image is in."""
    place = wcs.pixel_to_world(x, y).icrs
    return float(place.ra.deg), float(place.dec.deg)


def read_cutout(path: str | Path) -> Cutout:
    """Read a FITS image of one band, or of several: ``BANDS = 'grz'`` or ``BAND0`` etc.

    The pixels may be in an extension, compressed or gzipped. An exact 0 of an image of
    floats is a pixel that was not observed. Units are converted by ``BUNIT`` (any of
    flux a pixel) or ``FLUXMAG0``; an image with neither is in nanomaggies if it is of
    the Legacy Surveys, which its card ``BANDS`` tells, and else not calibrated.

    Raises
    ------
    InputError
        Not FITS or cut short, no image, planes without names, and world coordinates
        that are broken. Tasks record it with the galaxy.
    """
    with opened(path) as file:
        key = _image_of(file)
        flux = file.pixels(key)
        header = _cards(path, file[0].header, file[key].header)
    floats = flux.dtype.kind == "f"
    while flux.ndim > 2 and flux.shape[0] == 1:
        flux = flux[0]
    if flux.ndim not in (2, 3):
        expected = "an image of one band or of several"
        raise InputError(path, f"shape {flux.shape}", where=key, expected=expected)
    flux = flux.reshape(-1, *flux.shape[-2:]).astype(np.float32)
    if not SMALLEST <= min(flux.shape[1:]) <= max(flux.shape[1:]) <= LARGEST:
        expected = f"sides of {SMALLEST} to {LARGEST} px"
        problem = f"shape {flux.shape[1:]}"
        raise InputError(path, problem, expected=expected, remedy="cut a galaxy out")
    bands = _bands(path, header, len(flux))
    flux[~np.isfinite(flux)] = np.nan
    if floats:
        flux[flux == 0] = np.nan
    wcs = _wcs(path, header)
    factor = _factor(path, header, wcs)
    if factor is None:
        log.warning("%s: no unit that is known: not calibrated", path)
        return Cutout(flux, bands, wcs, calibrated=False)
    return Cutout(flux * np.float32(factor), bands, wcs)


def write_cutout(
    path: str | Path, flux: np.ndarray, stamp: Stamp, bands: str, cards: Mapping
) -> None:
    """Write an image as the Legacy Surveys' service does: in the primary HDU.

    `flux` is of shape (bands, ny, nx) [nanomaggies in 0.262 arcsec squared].
    """
    primary = fits.PrimaryHDU(np.asarray(flux, np.float32), wcs_header(stamp.wcs))
    fill(primary.header, {"BANDS": bands, **cards})
    write_hdus(path, [primary])


def _image_of(file: FitsFile) -> str | int:
    """Return the number of the HDU with the image."""
    images = [
        i
        for i, hdu in enumerate(file)
        if hdu.is_image and len(hdu.shape or ()) > 1 and 0 not in hdu.shape
    ]
    named = [i for i in images if file[i].name.upper() in NAMED]
    if not images:
        seen = f"HDUs {', '.join(file.names)}"
        raise InputError(file.path, f"no image among {seen}", expected="one")
    return (named or images)[0]


def _cards(path, *headers: fits.Header) -> fits.Header:
    """Return the cards that are needed, those of later headers first."""
    found = fits.Header()
    for card in (card for header in headers for card in header.cards):
        if NEEDED.fullmatch(card.keyword):
            try:
                found[card.keyword] = card.value
            except Exception as bad:  # astropy's have no class in common
                where = f"card {card.keyword}"
                raise InputError(path, str(bad), where=where, remedy=REMEDY) from None
    return found


def _bands(path, header, count: int) -> str:
    """Return the bands' names."""
    listed = str(header.get("BANDS", "")).strip().lower()
    numbered = "".join(str(header.get(f"BAND{i}", ""))[:1] for i in range(count))
    # ``r DECam SDSS c0002 6415.0 1480.0``, ``HSC-R``, ``r``.
    named = str(header.get("FILTER", header.get("BAND", ""))).lower()
    found = listed or numbered.lower()
    if not found and count == 1:
        found = "?"
        match = re.match(rf"(?:[a-z]+-)?([{KNOWN}])\b", named)
        if match:
            found = match.group(1)
    good = found == "?" or (set(found) <= set(KNOWN) and len(set(found)) == len(found))
    if len(found) != count or not good:
        problem = f"{count} planes, bands {found!r}"
        expected = f"as many different ones of {KNOWN}"
        remedy = "set BANDS in the header, such as 'grz'"
        where = "card BANDS"
        raise InputError(path, problem, where=where, expected=expected, remedy=remedy)
    return found


def _wcs(path, header) -> WCS | None:
    """Return celestial world coordinates of the image's plane, None if it has none."""
    if not any(str(header.get(f"CTYPE{i}", "")).strip() for i in (1, 2)):
        return None
    try:
        wcs = celestial(header, (header["NAXIS2"], header["NAXIS1"]))
        scale = pixel_scale(wcs)
        low, high = SCALES
        problem = "" if low <= scale <= high else f"pixels of {scale:.4g} arcsec"
    except ValueError as bad:
        problem = str(bad)
    if problem:
        where, expected = "world coordinates", "a celestial system in degrees"
        raise InputError(path, problem, where=where, expected=expected, remedy=REMEDY)
    return wcs


def _factor(path, header, wcs: WCS | None) -> float | None:
    """Return what makes the survey's unit of a pixel's value; None: unknown."""
    unit = str(header.get("BUNIT", "")).strip()
    if not unit and "FLUXMAG0" not in header and "BANDS" in header:
        return 1.0
    zero = header.get("FLUXMAG0")  # of HSC: counts of magnitude 0
    if isinstance(zero, int | float) and zero > 0:
        nanomaggies = 1e9 / zero
    else:
        nanomaggies = _nanomaggies(unit)
    if nanomaggies is None or not np.isfinite(nanomaggies):
        return None
    if "BANDS" in header:
        return nanomaggies
    if wcs is None:
        log.warning("%s: pixels of unknown size: not calibrated", path)
        return None
    return nanomaggies * (NATIVE / pixel_scale(wcs)) ** 2


def _nanomaggies(unit: str) -> float | None:
    """Return how many nanomaggies a unit of flux is."""
    if unit.lower() in UNITS:
        return 1.0
    try:
        return float(u.Unit(unit).to(NANOMAGGY)) if unit else None
    except (ValueError, TypeError, u.UnitConversionError):
        return None
