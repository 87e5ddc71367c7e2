"""Point spread functions: drawn about a survey's medians, or read from PSFEx."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import galsim
import numpy as np
from galsim.des import DES_PSFEx

from skyloom.clusters.bands import BANDS, PIXEL_SCALE
from skyloom.io.errors import InputError, existing_file
from skyloom.io.fits import opened

PROFILES = ("kolmogorov", "moffat")


@dataclass(frozen=True)
class Psf:
    """The point spread function of one band of one image.

    Parameters
    ----------
    fwhm : float
        Full width at half maximum before the shear [arcsec].
    g1, g2 : float
        Reduced shear along the image's axes.
    kind : {"kolmogorov", "moffat"}
        Radial profile; not used where there is an image.
    beta : float
        Exponent of the Moffat profile.
    image : ndarray, optional
        A model of shape (n, n) that has the pixel's response in it, as PSFEx's.
    image_scale : float
        Side of a pixel of `image` [arcsec].
    """

    fwhm: float
    g1: float = 0.0
    g2: float = 0.0
    kind: str = "kolmogorov"
    beta: float = 3.5
    image: np.ndarray | None = field(default=None, compare=False, repr=False)
    image_scale: float = PIXEL_SCALE

    def __post_init__(self):
        if self.kind not in PROFILES:
            msg = f"kind is {self.kind!r}; expected one of {PROFILES}"
            raise ValueError(msg)
        if not self.fwhm > 0 or not np.hypot(self.g1, self.g2) < 1:
            msg = f"fwhm {self.fwhm}, g1 {self.g1}, g2 {self.g2}: need fwhm > 0, g < 1"
            raise ValueError(msg)

    def profile(self) -> galsim.GSObject:
        """Return the profile, flux 1, in arcsec.

        The pixel's response is not in it, unless it comes from an image.
        Source: Kolmogorov, Racine 1996, PASP 108, 699; Moffat 1969, A&A 3, 455.
        """
        return self._profile

    def effective(self, pixel_scale: float) -> galsim.GSObject:
        """Return the profile with the response of a pixel [arcsec] in it, flux 1."""
        if self.image is not None:
            return self._profile
        return galsim.Convolve(self._profile, galsim.Pixel(pixel_scale))

    @cached_property
    def _profile(self) -> galsim.GSObject:
        if self.image is not None:
            image = galsim.Image(np.asarray(self.image, float), scale=self.image_scale)
            return galsim.InterpolatedImage(image, x_interpolant="lanczos3", flux=1.0)
        if self.kind == "moffat":
            return galsim.Moffat(self.beta, fwhm=self.fwhm).shear(
                g1=self.g1, g2=self.g2
            )
        return galsim.Kolmogorov(fwhm=self.fwhm).shear(g1=self.g1, g2=self.g2)


@dataclass(frozen=True)
class PsfSettings:
    """What point spread functions are drawn.

    Parameters
    ----------
    kind : {"kolmogorov", "moffat"}
        Radial profile.
    beta : float
        Exponent of the Moffat profile.
    fwhm : tuple of float
        Median FWHM in each band of `BANDS` [arcsec].
        Source: DES DR2, Abbott et al. 2021, ApJS 255, 20, table 1.
    fwhm_scatter : float
        Standard deviation over images [arcsec].
    clip : float
        Largest departure from the median, in standard deviations.
    ellipticity : tuple of float
        Range of the size of the reduced shear.
    """

    kind: str = "kolmogorov"
    beta: float = 3.5
    fwhm: tuple[float, ...] = (1.11, 0.95, 0.88, 0.83)
    fwhm_scatter: float = 0.08
    clip: float = 2.5
    ellipticity: tuple[float, float] = (0.01, 0.03)


def draw_psf(rng: np.random.Generator, settings: PsfSettings, band: str) -> Psf:
    """Draw the point spread function of one band of one image.

    Parameters
    ----------
    rng : numpy.random.Generator
        Four numbers are taken, whatever the settings.
    settings : PsfSettings
        The distributions.
    band : str
        One of `BANDS`.

    Returns
    -------
    Psf
        Its FWHM normal about the band's median and clipped, the shear of uniform
        size and random angle.
    """
    median = settings.fwhm[BANDS.index(band)]
    departure = np.clip(rng.standard_normal(), -settings.clip, settings.clip)
    shear = rng.uniform(*settings.ellipticity)
    angle = rng.uniform(0.0, 2 * np.pi)
    return Psf(
        fwhm=float(median + settings.fwhm_scatter * departure),
        g1=float(shear * np.cos(angle)),
        g2=float(shear * np.sin(angle)),
        kind=settings.kind,
        beta=settings.beta,
    )


def read_psfex(
    path: str | Path, x: float, y: float, pixel_scale: float = PIXEL_SCALE
) -> Psf:
    """Read PSFEx's model at one place of an image.

    Parameters
    ----------
    path : str or Path
        A ``.psf`` file of PSFEx (Bertin 2011, ASP 442, 435).
    x, y : float
        The place [px], (0, 0) at the middle of the first pixel.
    pixel_scale : float
        Side of a pixel of the image it was measured on [arcsec].

    Returns
    -------
    Psf
        With an image; `fwhm` is measured on it.

    Raises
    ------
    InputError
        Not a PSFEx file, or its model is empty or not finite.
    """
    path = existing_file(path)
    try:
        with opened(path) as file:
            model = DES_PSFEx(file[1])
        image = np.array(model.getPSFArray(galsim.PositionD(x + 1, y + 1)), float)
    except Exception as bad:  # GalSim passes on astropy's and numpy's, of any class
        raise _not_psfex(path, f"not a PSFEx model ({bad})") from None
    if image.ndim != 2 or not np.isfinite(image).all() or not image.sum() > 0:
        raise _not_psfex(path, "the model is empty or not finite")
    scale = float(model.sample_scale) * pixel_scale
    drawn = galsim.InterpolatedImage(galsim.Image(image, scale=scale), flux=1.0)
    return Psf(fwhm=float(drawn.calculateFWHM()), image=image, image_scale=scale)


def _not_psfex(path: Path, problem: str) -> InputError:
    wanted = "a table PSF_DATA with POLNAXIS, PSF_SAMP and PSF_MASK"
    return InputError(path, problem, where="HDU 1", expected=wanted)
