"""Sigma images from the sky and the gain.

The cutouts of the published subjects carry no variance. They are background-matched
Montage mosaics: resampling has averaged neighbouring pixels, so that their noise is
correlated and its pixel rms lower than that of the frames, by 1.24 in the median of 43
mosaics. That is left as it is: so the published fits have the same reduced chi-square
on the mosaics as their authors found on the frames (ratio 0.98, 16-84 %: 0.88-1.06),
and with the factor 0.70.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_dilation, binary_opening, gaussian_filter

from skyloom.builder.config import Noise
from skyloom.io.errors import DatumError

LIGHT = 1.0  # px, of the smoothing that leaves the light but not its noise
WIDTH = 4.0  # px, of the smoothing that removes source light
OUTER = 0.85  # of the half side: sky is measured outside of this radius
CLIP = 3.0
CLIPPED_RMS = 0.98660  # of a unit Gaussian cut at 3 sigma
SQUARE = np.ones((2, 2), bool)  # lone bright pixels are noise, four together are not


def sigma_from_sky_and_gain(
    image: np.ndarray, mask: np.ndarray, multiplier: float, noise: Noise
) -> np.ndarray:
    """Return a sigma image from the sky's rms and the photon noise of the sources.

    ``var = rms_sky^2 + max(mean, 0) * calibration / (gain * multiplier)``: an image
    unit is `multiplier` nanomaggies, a nanomaggy is ``gain / calibration`` electrons,
    and electrons are Poissonian. The local mean of the image stands for its light: a
    variance from the pixel's own value would give pixels more weight when noise made
    them faint, and bias fits low.

    Parameters
    ----------
    image : ndarray, shape (ny, nx)
        Sky-subtracted image [image units].
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    multiplier : float
        Nanomaggies an image unit.

    Returns
    -------
    ndarray, shape (ny, nx)
        Standard deviation [image units].

    Raises
    ------
    DatumError
        For too few sky pixels (see `sky_rms`).

    Source: SDSS frame data model, error model; Howell 2006, Handbook of CCD
    Astronomy, equation 4.4.
    """
    light = np.clip(_smooth(image, ~mask, LIGHT), 0.0, None)
    photons = light * noise.calibration / (noise.gain * multiplier)
    return np.sqrt(sky_rms(image, mask) ** 2 + photons)


def _smooth(image: np.ndarray, good: np.ndarray, width: float) -> np.ndarray:
    """Return the image smoothed over `width` pixels, bad ones left out; 0 without."""
    weight = gaussian_filter(good.astype(float), width)
    light = gaussian_filter(np.where(good, image, 0.0), width)
    return np.divide(light, weight, out=np.zeros_like(light), where=weight > 1e-6)


def sky_rms(image: np.ndarray, mask: np.ndarray) -> float:
    """Return the rms of the sky's pixels [image units].

    Source light is removed by subtracting a smoothed image (`outer_residual`); of
    the pixels outside of 0.85 half sides the rms is taken, cut at 3 sigma until
    nothing changes, and corrected for the cut and for the noise that the smoothing
    took away.

    Raises
    ------
    DatumError
        With fewer than 20 good pixels, or when they do not vary at all.
    """
    values = outer_residual(image, mask)
    values = values[np.isfinite(values)]
    if values.size < 20:
        msg = f"{values.size} good pixels outside of the galaxy, expected 20 or more"
        raise DatumError(msg)
    rms = _clipped_rms(values) / (CLIPPED_RMS * np.sqrt(1 - _taken()))
    if not rms > 0:
        msg = "the sky does not vary: its noise cannot be measured"
        raise DatumError(msg)
    return float(rms)


def outer_residual(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the image less its smooth part; NaN on bad, source and inner pixels.

    The smooth part is measured twice: the second time without the pixels that stand
    out by 3 sigma after the first, and their neighbours.
    """
    good = ~np.asarray(mask, bool) & np.isfinite(image)
    ny, nx = image.shape
    y, x = np.ogrid[:ny, :nx]
    far = np.hypot(x - (nx - 1) / 2, y - (ny - 1) / 2) > OUTER * min(ny, nx) / 2
    first = _less_smooth(image, good)
    if not (good & far).any():
        return np.full(image.shape, np.nan)
    bright = np.abs(first) > CLIP * _clipped_rms(first[good & far])
    bright = binary_opening(bright | ~good, SQUARE) & good
    sky = good & ~binary_dilation(bright, iterations=3)
    return np.where(sky & far, _less_smooth(image, sky), np.nan)


def _less_smooth(image: np.ndarray, good: np.ndarray) -> np.ndarray:
    return np.where(good, image, 0.0) - _smooth(image, good, WIDTH)


def _taken() -> float:
    # v - K*v of white noise of variance 1 has variance 1 - 2 K(0) + (K*K)(0); this is
    # 2 K(0) - (K*K)(0) for the Gaussian K of `_less_smooth`.
    return (1 - 1 / 4) / (np.pi * WIDTH**2)


def _clipped_rms(values: np.ndarray) -> float:
    centre, spread = np.median(values), np.inf
    while True:
        inside = np.abs(values - centre) <= CLIP * spread
        rms = float(np.std(values[inside]))
        if rms >= spread or rms == 0.0:
            return rms
        centre, spread = np.median(values[inside]), rms
