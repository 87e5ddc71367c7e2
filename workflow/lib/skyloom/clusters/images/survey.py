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
from skyloom.io.fits import fill, opened, write_hdus
from skyloom.sky.tan import wcs_header

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
        hdus = survey_hdus.find(file)
        info = _info(file.path, hdus)
        image = file.pixels(hdus["SCI"]).astype(np.float32)
        mask = file.pixels(hdus["MASK"]) if "MASK" in hdus else None
    good = survey_hdus.good(file.path, image, mask)
    known = info.shape, info.wcs, info.header, info.zero_point
    return SurveyImage(*known, image, good)


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
