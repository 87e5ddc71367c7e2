"""Small survey tiles, and predictors without an encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from scipy import ndimage
from skyloom.clusters.inference.classify import Predict
from skyloom.io.fits import write_hdus
from skyloom.sky.tan import tan_wcs


def write_band(
    path: Path, band: str, pixels, mask=None, *, compressed=False, ra=50.0, **cards
) -> Path:
    """Write one band as survey images are; a card of None is left out."""
    kind = fits.CompImageHDU if compressed else fits.ImageHDU
    options = {"quantize_level": 0} if compressed else {}
    if compressed:
        options["compression_type"] = "GZIP_2"
    science = kind(pixels.astype(np.float32), name="SCI", **options)
    science.header.update(tan_wcs(ra, -40.0, pixels.shape, 0.263).to_header())
    for key, value in ({"MAGZERO": 30.0, "BAND": band} | cards).items():
        if value is None:
            science.header.remove(key, remove_all=True, ignore_missing=True)
        else:
            science.header[key] = value
    hdus = [fits.PrimaryHDU(), science]
    if mask is not None:
        hdus.append(fits.CompImageHDU(mask.astype(np.uint8), name="MASK"))
    write_hdus(path, hdus)
    return path


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a tile of pixels (bands, ny, nx)."""

    def write(pixels, mask=None, *, bands="griz", folder="tile", **options):
        suffix = ".fits.fz" if options.get("compressed") else ".fits"
        paths = {
            band: tmp_path / folder / f"galsim_des_000_{band}{suffix}" for band in bands
        }
        for band, image in zip(bands, pixels, strict=True):
            write_band(paths[band], band, image, mask, **options)
        return paths

    return write


def maps_of(value: np.ndarray) -> dict[str, np.ndarray]:
    """Return maps of a value in 0..1 of each cell, (n, rows, columns)."""
    pair = np.stack([value, np.full_like(value, 0.02)], axis=-1)
    half = np.full((*value.shape, 2), 0.5, np.float32)
    return {
        "membership": value,
        "center": value,
        "n_members": 5 * value,
        "center_locs": half,
        "richness": pair + np.array([3.0, 0.0]),
        "redshift": pair,
    }


def smoothing_predictor(side: int, sigma: float = 20.0) -> Predict:
    """Return a predictor that is shift-equivariant up to its grid.

    Parameters
    ----------
    side : int
        Of a cell [px of the images].
    sigma : float
        Of the Gaussian that smooths images before cells' middles are taken [px].
    """

    def predict(images):
        flat = np.nan_to_num(images).mean(axis=1)
        smooth = ndimage.gaussian_filter(flat, (0, sigma, sigma))
        n, ny, nx = smooth.shape
        middle = slice(side // 2 - 1, side // 2 + 1)
        cells = smooth.reshape(n, ny // side, side, nx // side, side)
        return maps_of(cells[:, :, middle][..., middle].mean(axis=(2, 4)))

    return predict


@pytest.fixture
def smoothing():
    """Return `smoothing_predictor`."""
    return smoothing_predictor


@pytest.fixture
def one_band():
    """Return `write_band`."""
    return write_band
