"""Point spread functions: drawn about a survey's medians, or read from PSFEx."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import galsim
import numpy as np
from galsim.des import DES_PSFEx

from skyloom.clusters.bands import PIXEL_SCALE
from skyloom.io.errors import InputError, existing_file
from skyloom.io.fits import opened

SCATTER, CLIP = 0.08, 2.5  # of the width [arcsec], and in units of that
SHEARS = (0.01, 0.03)  # size of the reduced shear


@dataclass(frozen=True)
class Psf:
    """The point spread function of one band of one image: Kolmogorov's, or a model."""

    fwhm: float  # full width at half maximum before the shear [arcsec]
    g1: float = 0.0  # reduced shear along the image's axes
    g2: float = 0.0
    # A model of shape (n, n) that has the pixel's response in it, as PSFEx's, and the
    # side of its pixels [arcsec].
    image: np.ndarray | None = field(default=None, compare=False, repr=False)
    image_scale: float = PIXEL_SCALE

    @cached_property
    def profile(self) -> galsim.GSObject:
        """The profile, flux 1, in arcsec.

        The pixel's response is not in it, unless it comes from an image.
        Source: Racine 1996, PASP 108, 699.
        """
        if self.image is not None:
            image = galsim.Image(np.asarray(self.image, float), scale=self.image_scale)
            return galsim.InterpolatedImage(image, x_interpolant="lanczos3", flux=1.0)
        return galsim.Kolmogorov(fwhm=self.fwhm).shear(g1=self.g1, g2=self.g2)

    def effective(self) -> galsim.GSObject:
        """Return the profile with the response of a pixel in it, flux 1."""
        if self.image is not None:
            return self.profile
        return galsim.Convolve(self.profile, galsim.Pixel(PIXEL_SCALE))


def draw_psf(rng: np.random.Generator, median: float) -> Psf:
    """Draw a point spread function of a survey of a median width [arcsec].

    Its width is normal and clipped, its shear of uniform size and random angle. Four
    numbers are taken.
    """
    departure = np.clip(rng.standard_normal(), -CLIP, CLIP)
    shear, angle = rng.uniform(*SHEARS), rng.uniform(0.0, 2 * np.pi)
    return Psf(
        fwhm=float(median + SCATTER * departure),
        g1=float(shear * np.cos(angle)),
        g2=float(shear * np.sin(angle)),
    )


def read_psfex(path: str | Path, x: float, y: float) -> Psf:
    """Read PSFEx's model (Bertin 2011, ASP 442, 435) at one place of an image.

    It varies with the place, or not at all (``POLNAXIS`` 0 or ``POLDEG1`` 0).

    ``x, y`` [px] are (0, 0) at the middle of the first pixel. ``fwhm`` is measured on
    the model.

    Raises
    ------
    InputError
        Not a PSFEx file, or its model is empty or not finite.
    """
    path = existing_file(path)
    try:
        with opened(path) as file:
            image, sampling = _drawn(file[1], galsim.PositionD(x + 1, y + 1))
        scale = sampling * PIXEL_SCALE
        problem, fwhm = _measured(image, scale)
    except Exception as bad:  # GalSim passes on astropy's and numpy's, of any class
        problem = f"not a PSFEx model ({bad})"
    if problem:
        expected = "a table PSF_DATA with POLNAXIS, PSF_SAMP and PSF_MASK"
        raise InputError(path, problem, where="HDU 1", expected=expected)
    return Psf(fwhm=fwhm, image=image, image_scale=scale)


def _drawn(hdu, place: galsim.PositionD) -> tuple[np.ndarray, float]:
    """Return the pixels of a model, and its step in pixels of the survey."""
    if hdu.header["POLNAXIS"] != 0:
        model = DES_PSFEx(hdu)
        return np.array(model.getPSFArray(place), float), float(model.sample_scale)
    # GalSim asks for polynomials of two coordinates; without any, there is one plane.
    planes = np.array(hdu.data.field("PSF_MASK")[0], float)
    if planes.ndim == 3 and len(planes) == 1:
        planes = planes[0]
    return planes, float(hdu.header["PSF_SAMP"])


def _measured(image: np.ndarray, scale: float) -> tuple[str, float]:
    """Return what is wrong with a model, nothing for a good one, and its width."""
    if image.ndim != 2 or not np.isfinite(image).all() or not image.sum() > 0:
        return "the model is empty or not finite", np.nan
    drawn = galsim.InterpolatedImage(galsim.Image(image, scale=scale), flux=1.0)
    fwhm = float(drawn.calculateFWHM())
    return "" if 0 < fwhm < np.inf else "the model has no width", fwhm
