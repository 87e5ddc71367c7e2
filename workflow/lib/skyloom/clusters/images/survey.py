"""Files of survey images: pixels, variance and mask, plain or fpacked.

Compressed HDUs are cut into square tiles, so that a window is read without the rest,
and carry the checksums of their compressed bytes, as fpack writes them: damage is
found without unpacking. Floats are rounded, with a fixed dither: same image, same
bytes.

Source: Pence, White & Seaman 2010, PASP 122, 1065 (tiled compression, dithering).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame

from skyloom.clusters.bands import ZERO_POINT
from skyloom.io.errors import InputError
from skyloom.io.fits import FitsFile, fill, opened, write_hdus
from skyloom.sky.tan import wcs_header
from skyloom.sky.world import celestial, in_j2000

PACKED = ".fits.fz"
TILE = 256  # px, side of a compressed tile
NOISE_LEVELS = 16  # steps of the rounding in one sigma of the noise
VARIANCE_STEP = 2e-3  # of the variance's median


@dataclass(frozen=True)
class SurveyInfo:
    """What is known of one band of a survey tile without its pixels."""

    shape: tuple[int, int]  # (ny, nx)
    wcs: WCS
    header: fits.Header  # of the image's HDU
    zero_point: float  # AB magnitude of one count


@dataclass(frozen=True)
class SurveyImage(SurveyInfo):
    """One band of a survey tile."""

    image: np.ndarray  # float32 of shape (ny, nx) [counts at `zero_point`]
    good: np.ndarray  # bool


def write_survey_image(
    path: str | Path,
    image: np.ndarray,
    variance: np.ndarray,
    mask: np.ndarray,
    wcs: WCS,
    cards: Mapping,
) -> None:
    """Write SCI, VARIANCE and MASK, all of shape (ny, nx).

    Parameters
    ----------
    path : str or Path
        ``.fits`` keeps SCI as it is; ``.fits.fz`` rounds it to 1/16 of its noise.
        VARIANCE is always rounded, to a thousandth of its median; MASK is exact.
    image, variance : ndarray
        [counts, counts^2]; finite where the mask is 0, and no variance negative.
    mask : ndarray
        Whole numbers 0 to 255; 0 where the pixel is good.
    wcs : WCS
        World coordinates.
    cards : mapping
        Cards of SCI, ``keyword: value`` or ``keyword: (value, comment)``. MAGZERO is
        30 unless given.
    """
    image, variance = (np.asarray(a, np.float32) for a in (image, variance))
    mask = np.asarray(mask).astype(np.uint8)
    packed = str(path).endswith(PACKED)
    dithered = {"quantize_level": NOISE_LEVELS, "quantize_method": 1, "dither_seed": 1}
    plain = fits.ImageHDU(image, name="SCI")
    science = _packed("SCI", image, **dithered) if packed else plain
    science.header.update(wcs_header(wcs))
    fill(science.header, {"MAGZERO": (ZERO_POINT, "mag of one count"), **cards})
    step = {"quantize_level": -_step(variance), "quantize_method": -1}
    hdus = [science, _packed("VARIANCE", variance, **step), _packed("MASK", mask)]
    whole = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(whole)
    whole.seek(0)
    # Opened as tables, the checksums are those of the bytes on disk.
    with fits.open(whole, disable_image_compression=True) as tables:
        write_hdus(path, list(tables))


def read_survey_image(path: str | Path) -> SurveyImage:
    """Read one band of a survey tile.

    It is as `write_survey_image` writes it, or a coadd of DES: the first image of two
    axes where there is no SCI, and MSK for MASK. Pixels are good where they are finite
    and not masked.

    Raises
    ------
    InputError
        Not FITS, cut short or damaged; no image of two axes; no world coordinates or
        zero point; HDUs of different shapes.
    """
    with opened(path) as file:
        hdus = find_hdus(file)
        info = _info(file.path, hdus)
        image = file.pixels(hdus["SCI"]).astype(np.float32)
        mask = file.pixels(hdus["MASK"]) if "MASK" in hdus else None
    good = good_pixels(file.path, image, mask)
    known = info.shape, info.wcs, info.header, info.zero_point
    return SurveyImage(*known, image, good)


def inspect_survey_image(path: str | Path) -> SurveyInfo:
    """Check a file's bytes and structure; no pixel is unpacked.

    InputError as of `read_survey_image`, but for what is wrong with single pixels.
    """
    with opened(path) as file:
        return _info(file.path, find_hdus(file))


def survey_wcs(path: str | Path) -> WCS:
    """Return the world coordinates of a file, with its shape; InputError if none."""
    with opened(path, verify=False) as file:
        return world(file.path, find_hdus(file)["SCI"])


def _info(path: Path, hdus: Mapping) -> SurveyInfo:
    science = hdus["SCI"]
    wcs = world(path, science)
    scale = zero_point(path, science)
    return SurveyInfo(tuple(science.shape), wcs, science.header.copy(), scale)


def _packed(name: str, pixels: np.ndarray, **how) -> fits.CompImageHDU:
    tile = tuple(min(TILE, n) for n in pixels.shape)
    return fits.CompImageHDU(
        pixels, name=name, compression_type="RICE_1", tile_shape=tile, **how
    )


def _step(variance: np.ndarray) -> float:
    known = variance[np.isfinite(variance) & (variance > 0)]
    return VARIANCE_STEP * float(np.median(known)) if known.size else VARIANCE_STEP


def find_hdus(file: FitsFile) -> dict[str, fits.ImageHDU]:
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


def good_pixels(path: Path, image: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
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
    """Return the world coordinates of an image; InputError for others than of J2000."""
    try:
        found = celestial(hdu.header, hdu.shape)
        problem = "" if in_j2000(found) else f"in {wcs_to_celestial_frame(found)!r}"
    except ValueError as bad:
        problem = str(bad)
    if problem:
        raise InputError(
            path,
            f"the world coordinates are none of RA and Dec in ICRS: {problem}",
            where=f"HDU {hdu.name or 'PRIMARY'}",
            expected="CTYPE RA---, DEC-- in ICRS or FK5 of J2000, and numbers CRVAL, "
            "CRPIX and CD or CDELT",
            remedy="correct the header, or resample the image to such coordinates",
        )
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
