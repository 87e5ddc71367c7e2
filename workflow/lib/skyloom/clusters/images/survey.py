"""Files of survey images: pixels, variance and mask, plain or fpacked.

Compressed HDUs are cut into square tiles, so that a window is read without the rest,
and carry the checksums of their compressed bytes, as fpack writes them: damage is
found without unpacking. Floats are rounded, with a fixed dither: same image, same
bytes.

Source: Pence, White & Seaman 2010, PASP 122, 1065 (tiled compression, dithering).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from skyloom.clusters.bands import ZERO_POINT
from skyloom.clusters.images import survey_hdus
from skyloom.io.errors import InputError
from skyloom.io.fits import fill, opened, write_hdus
from skyloom.sky.tan import wcs_header

PACKED = ".fits.fz"
TILE = 256  # px, side of a compressed tile
NOISE_LEVELS = 16  # steps of the rounding in one sigma of the noise
VARIANCE_STEP = 2e-3  # of the variance's median


@dataclass(frozen=True)
class SurveyImage:
    """One band of a survey tile."""

    image: np.ndarray  # float32 of shape (ny, nx) [counts at `zero_point`]
    variance: np.ndarray | None  # float32 [counts^2]
    mask: np.ndarray  # uint8; 0 where the pixel is good
    wcs: WCS
    header: fits.Header  # of the image's HDU
    zero_point: float  # AB magnitude of one count


@dataclass(frozen=True)
class SurveyInfo:
    """What is known of a file without its pixels."""

    shape: tuple[int, int]  # (ny, nx)
    wcs: WCS
    header: fits.Header  # of the image's HDU
    zero_point: float  # AB magnitude of one count


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

    Raises
    ------
    ValueError
        Shapes that differ, a good pixel that is not finite, a negative variance.
    """
    image, variance = (np.asarray(a, np.float32) for a in (image, variance))
    mask = np.asarray(mask).astype(np.uint8)
    _check_arrays(image, variance, mask)
    packed = str(path).endswith(PACKED)
    dithered = {"quantize_level": NOISE_LEVELS, "quantize_method": 1, "dither_seed": 1}
    science = (
        _packed("SCI", image, **dithered)
        if packed
        else fits.ImageHDU(image, name="SCI")
    )
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
    axes where there is no SCI, and MSK for MASK. Without a variance it is None. Pixels
    that are not finite are masked, whatever the mask.

    Raises
    ------
    InputError
        Not FITS, cut short or damaged; no image of two axes; no world coordinates or
        zero point; HDUs of different shapes; a variance that is negative, or not
        finite where the pixel is good.
    """
    with opened(path) as file:
        hdus = survey_hdus.find(file)
        info = _info(file.path, hdus)
        read = {name: file.pixels(hdu) for name, hdu in hdus.items()}
    image, variance = read["SCI"].astype(np.float32), read.get("VARIANCE")
    good = survey_hdus.good(path, image, read.get("MASK"))
    if variance is not None:
        variance = variance.astype(np.float32)
        _check_variance(path, variance, good)
    flags = _flags(good, read.get("MASK"))
    return SurveyImage(image, variance, flags, info.wcs, info.header, info.zero_point)


def inspect_survey_image(path: str | Path) -> SurveyInfo:
    """Check a file's bytes and structure; no pixel is unpacked.

    InputError as of `read_survey_image`, but for what is wrong with single pixels.
    """
    with opened(path) as file:
        return _info(file.path, survey_hdus.find(file))


def survey_wcs(path: str | Path) -> WCS:
    """Return the world coordinates of a file, with its shape; InputError if none."""
    with opened(path, verify=False) as file:
        return survey_hdus.world(file.path, survey_hdus.find(file)["SCI"])


def _flags(good: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Return a mask that fits its type: the file's own flags where they do, or 1."""
    known = mask is not None and mask.dtype == np.uint8
    flags = np.maximum(mask, 1) if known else np.uint8(1)
    return np.where(good, np.uint8(0), flags)


def _info(path: Path, hdus: Mapping) -> SurveyInfo:
    science = hdus["SCI"]
    wcs = survey_hdus.world(path, science)
    scale = survey_hdus.zero_point(path, science)
    return SurveyInfo(tuple(science.shape), wcs, science.header.copy(), scale)


def _packed(name: str, pixels: np.ndarray, **how) -> fits.CompImageHDU:
    tile = tuple(min(TILE, n) for n in pixels.shape)
    return fits.CompImageHDU(
        pixels, name=name, compression_type="RICE_1", tile_shape=tile, **how
    )


def _step(variance: np.ndarray) -> float:
    known = variance[np.isfinite(variance) & (variance > 0)]
    return VARIANCE_STEP * float(np.median(known)) if known.size else VARIANCE_STEP


def _check_arrays(image: np.ndarray, variance: np.ndarray, mask: np.ndarray) -> None:
    shapes = image.shape, variance.shape, mask.shape
    good = mask == 0
    if image.ndim != 2 or len(set(shapes)) > 1 or image.size == 0:
        msg = f"shapes of image, variance, mask are {shapes}; expected one (ny, nx)"
    elif not np.isfinite(image[good]).all() or not np.isfinite(variance[good]).all():
        msg = "a pixel with mask 0 is not finite; mask it"
    elif (variance < 0).any():
        msg = "the variance is negative somewhere"
    else:
        return
    raise ValueError(msg)


def _check_variance(path, variance: np.ndarray, good: np.ndarray) -> None:
    wrong = (variance < 0) | (good & ~np.isfinite(variance))
    if not wrong.any():
        return
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    raise InputError(
        path,
        f"the variance is negative, or not finite in a good pixel ({wrong.sum()} such)",
        where=f"HDU VARIANCE, pixel [{row}, {column}]",
        expected="0 or more, and finite where MASK is 0",
        remedy="set the pixel in MASK, or make the file again",
    )
