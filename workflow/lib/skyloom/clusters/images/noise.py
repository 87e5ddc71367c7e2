"""The noise of a coadded image: sky, sources, and its correlation over pixels.

Counts are at zero point 30. A pixel of mean M counts above the sky has the variance

    sigma^2 + M / gain,    gain = S / sigma^2,

S the sky's counts in a pixel and sigma its noise (an image of sky-subtracted Poisson
electrons, in counts of 1/gain electrons). Coadding resamples, which moves noise into
neighbouring pixels. That is modelled by smoothing white noise with a separable kernel
of sum one: the noise of large areas is kept and that of single pixels lowered.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.signal import convolve2d

from skyloom.clusters.bands import APERTURE, BANDS, PIXEL_SCALE, flux

FINE = 20  # parts of a pixel's side in which an aperture's edge is followed


# Brightness of the sky of DES in g, r, i and z [mag / arcsec^2], and the weight c of
# the neighbours in the kernel [c, 1, c] / (1 + 2c).
SKY = (22.01, 21.15, 19.89, 18.72)
CORRELATION = 0.08


def band_noise(band: str, depth10: float) -> tuple[float, float]:
    """Return sigma [counts] and gain [e-/count] of a band of a depth [AB mag]."""
    sigma = sky_sigma(depth10, correlation=CORRELATION)
    return sigma, gain(SKY[BANDS.index(band)], sigma)


def sky_sigma(depth10: float, correlation: float = 0.0) -> float:
    """Return the noise of the sky per pixel, before smoothing, of a depth [counts].

    ``depth10`` is the magnitude m of a source that has ten sigma in DES's aperture D,
    ``correlation`` the weight of the kernel that will smooth the noise:

        sigma = flux(m) / 10 / sqrt(n f),   n = pi D^2 / (4 scale^2),

    f the part of an aperture's variance that the smoothing leaves, n its area as
    SExtractor counts it. Only the sky counts; a source at the depth itself adds under
    2 % to sigma. Source: Bertin & Arnouts 1996, A&AS 117, 393.
    """
    n_pixels = np.pi * (APERTURE / (2.0 * PIXEL_SCALE)) ** 2
    kept = _aperture_share(APERTURE / PIXEL_SCALE, correlation)
    return float(flux(depth10)) / 10.0 / float(np.sqrt(n_pixels * kept))


def gain(sky: float, sigma: float) -> float:
    """Return the gain [e-/count] at which a sky's own electrons make its noise.

    ``sky`` is its brightness [mag / arcsec^2], ``sigma`` the noise per pixel [counts].
    """
    return float(flux(sky)) * PIXEL_SCALE**2 / sigma**2


def add_noise(
    rng: np.random.Generator,
    image: np.ndarray,
    sigma: float,
    gain: float,
    correlation: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Add the noise of the sky and of the sources.

    The sources' Poisson noise is taken as Gaussian: its electrons come on top of
    those of the sky, thousands a pixel.

    Parameters
    ----------
    rng : numpy.random.Generator
        One number a pixel is taken.
    image : ndarray
        Noiseless image of shape (ny, nx) [counts].
    sigma : float
        Noise of the sky per pixel before smoothing [counts].
    gain : float
        Electrons per count.
    correlation : float
        Weight of the kernel; pixels outside count as empty.

    Returns
    -------
    noisy : ndarray
        float32 of shape (ny, nx) [counts].
    variance : ndarray
        float32 of shape (ny, nx) [counts^2]: of the noise before smoothing, which is
        the right one for sums over many pixels; of single pixels the smoothing leaves
        ``((1 + 2 c^2) / (1 + 2 c)^2)^2`` of it.
    """
    image = np.asarray(image, np.float32)
    variance = np.maximum(image, np.float32(0))
    variance *= np.float32(1.0 / gain)
    variance += np.float32(sigma**2)
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    noise *= np.sqrt(variance)
    noise = smooth(noise, correlation)
    noise += image
    return noise, variance


def smooth(noise: np.ndarray, correlation: float) -> np.ndarray:
    """Return noise smoothed by [c, 1, c] / (1 + 2c) along both axes, overwritten."""
    c = np.float32(correlation)
    scaled = noise * (c / (1 + 2 * c) ** 2)
    noise *= np.float32(1.0) / (1 + 2 * c) ** 2
    noise[1:] += scaled[:-1]
    noise[:-1] += scaled[1:]
    np.multiply(noise, c, out=scaled)
    noise[:, 1:] += scaled[:, :-1]
    noise[:, :-1] += scaled[:, 1:]
    return noise


@cache
def _aperture_share(diameter: float, correlation: float) -> float:
    """Return the part of the variance of an aperture [px] that the smoothing leaves."""
    half = int(np.ceil(diameter / 2)) + 1
    fine = (np.arange((2 * half + 1) * FINE) + 0.5) / FINE - half - 0.5
    inside = np.hypot(fine, fine[:, None]) < diameter / 2
    side = 2 * half + 1
    weights = inside.reshape(side, FINE, side, FINE).mean(axis=(1, 3))
    line = np.array([correlation, 1.0, correlation]) / (1 + 2 * correlation)
    seen = convolve2d(weights, np.outer(line, line))
    return float((seen**2).sum() / (weights**2).sum())
