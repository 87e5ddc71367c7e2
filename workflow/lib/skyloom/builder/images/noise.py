"""Sigma images: from the sky and the gain, or from SDSS frames.

The cutouts of the published subjects carry no variance. They are background-matched
Montage mosaics: resampling has averaged neighbouring pixels, so their noise is
correlated and its pixel rms is lower than that of the frames. The argument `smoothing`
of `sigma_from_sky_and_gain` undoes that; `smoothing_factor` measures it (median 1.24 of
43 mosaics). Its default is 1: so the published fits have the same reduced chi-square on
the mosaics as their authors found on the frames (ratio 0.98, 16-84 %: 0.88-1.06), and
with the factor 0.70. What a sigma image was made from is said in the product
(`Cutout.sigma_source`).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_dilation, binary_opening, gaussian_filter

# Photo-electrons a DN in the r band, mean over the six camera columns, and nanomaggies
# a DN of a typical r frame. Source: SDSS opECalib and the frame data model, NMGY.
SDSS_GAIN = 4.7
SDSS_CALIBRATION = 0.005
# Dark variance [DN^2] of the r band by camera column 1 to 6. Source: SDSS data model,
# frame, dark variance table.
SDSS_DARK_VARIANCE = (1.8225, 1.00, 1.3225, 1.3225, 0.81, 0.9025)

LIGHT = 1.0  # px, of the smoothing that leaves the light but not its noise
WIDTH = 4.0  # px, of the smoothing that removes source light
OUTER = 0.85  # of the half side: sky is measured outside of this radius
CLIP = 3.0
CLIPPED_RMS = 0.98660  # of a unit Gaussian cut at 3 sigma
SQUARE = np.ones((2, 2), bool)  # lone bright pixels are noise, four together are not


def sigma_from_sky_and_gain(
    image: np.ndarray,
    mask: np.ndarray,
    multiplier: float,
    *,
    gain: float = SDSS_GAIN,
    calibration: float = SDSS_CALIBRATION,
    frames: int = 1,
    smoothing: float = 1.0,
) -> np.ndarray:
    """Return a sigma image from the sky's rms and the photon noise of the sources.

    ``var = (smoothing * rms_sky)^2 + max(mean, 0) * calibration / (gain * multiplier
    * frames)``: an image unit is `multiplier` nanomaggies, a nanomaggy is
    ``gain / calibration`` electrons, and electrons are Poissonian. The local mean of
    the image stands for its light: a variance from the pixel's own value would give
    pixels more weight when noise made them faint, and bias fits low.

    Parameters
    ----------
    image : ndarray, shape (ny, nx)
        Sky-subtracted image [image units].
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    multiplier : float
        Nanomaggies an image unit.
    gain : float
        Electrons a DN.
    calibration : float
        Nanomaggies a DN.
    frames : int
        Frames averaged in the image.
    smoothing : float
        Noise of the frames over the noise of the (resampled) image; 1 or more.

    Returns
    -------
    ndarray, shape (ny, nx)
        Standard deviation [image units].

    Raises
    ------
    ValueError
        For a number that is not above 0, or too few sky pixels (see `sky_rms`).

    Source: SDSS frame data model, error model; Howell 2006, Handbook of CCD
    Astronomy, equation 4.4.
    """
    numbers = {"multiplier": multiplier, "gain": gain, "calibration": calibration}
    numbers |= {"frames": frames, "smoothing": smoothing}
    for name, value in numbers.items():
        if not (np.isfinite(value) and value > 0):
            msg = f"{name}: expected a number above 0, got {value}"
            raise ValueError(msg)
    sky = (smoothing * sky_rms(image, mask)) ** 2
    light = np.clip(_local_mean(image, mask), 0.0, None)
    return np.sqrt(sky + light * calibration / (gain * multiplier * frames))


def _local_mean(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the image smoothed over `LIGHT` pixels, bad ones left out; 0 without."""
    good = (~mask).astype(float)
    weight = gaussian_filter(good, LIGHT)
    light = gaussian_filter(np.where(mask, 0.0, image), LIGHT)
    return np.divide(light, weight, out=np.zeros_like(light), where=weight > 1e-6)


def sigma_from_frames(
    counts: np.ndarray,
    calibration: np.ndarray,
    gain: np.ndarray,
    dark_variance: np.ndarray,
    multiplier: float,
) -> np.ndarray:
    """Return the sigma of the mean of aligned SDSS frames.

    ``sigma = (1/N) sqrt(sum_k C_k^2 (n_k / g_k^2 + v_k)) / multiplier``. It leaves out
    the covariance made by resampling and the uncertainty of the sky.

    Parameters
    ----------
    counts : ndarray, shape (n_frames, ny, nx)
        Electrons n_k a pixel, sky included; negative ones count as 0.
    calibration : ndarray, shape (n_frames,) or as `counts`
        Nanomaggies a DN, C_k.
    gain, dark_variance : ndarray, shape (n_frames,)
        Electrons a DN, g_k, and dark variance [DN^2], v_k.
    multiplier : float
        Nanomaggies an image unit.

    Returns
    -------
    ndarray, shape (ny, nx)
        Standard deviation [image units].

    Raises
    ------
    ValueError
        When the arrays do not pair up, or a gain or the multiplier is not above 0.

    Source: SDSS data model, frame; reference recipe of Galaxy Builder.
    """
    counts = np.asarray(counts, float)
    gain, dark = (np.asarray(a, float).reshape(-1, 1, 1) for a in (gain, dark_variance))
    if counts.ndim != 3 or len(gain) != len(counts) or len(dark) != len(counts):
        msg = f"{counts.shape} counts, {len(gain)} gains, {len(dark)} dark variances"
        raise ValueError(msg)
    if not (np.all(gain > 0) and multiplier > 0):
        msg = f"gain and multiplier must be above 0, got {gain.min()} and {multiplier}"
        raise ValueError(msg)
    scale = np.asarray(calibration, float)
    scale = scale.reshape(-1, 1, 1) if scale.ndim == 1 else scale
    variance = scale**2 * (np.clip(counts, 0, None) / gain**2 + dark)
    return np.sqrt(variance.sum(axis=0)) / len(counts) / multiplier


def sky_rms(image: np.ndarray, mask: np.ndarray) -> float:
    """Return the rms of the sky's pixels [image units].

    Source light is removed by subtracting a smoothed image (`outer_residual`); of
    the pixels outside of 0.85 half sides the rms is taken, cut at 3 sigma until
    nothing changes, and corrected for the cut and for the noise that the smoothing
    took away.

    Raises
    ------
    ValueError
        With fewer than 20 good pixels, or when they do not vary at all.
    """
    values = outer_residual(image, mask)
    values = values[np.isfinite(values)]
    if values.size < 20:
        msg = f"{values.size} good pixels outside of the galaxy, expected 20 or more"
        raise ValueError(msg)
    rms = _clipped_rms(values) / (CLIPPED_RMS * np.sqrt(1 - _taken(0, 0)))
    if not rms > 0:
        msg = "the sky does not vary: its noise cannot be measured"
        raise ValueError(msg)
    return float(rms)


def smoothing_factor(image: np.ndarray, mask: np.ndarray, reach: int = 2) -> float:
    """Return by how much resampling has lowered the pixel noise, 1 or more.

    White noise averaged with a kernel K keeps ``sum K^2`` of its variance, and the
    sum of its autocorrelation is ``1 / sum K^2``; so the factor is the square root of
    the sum of the measured autocorrelation over lags up to `reach`. Faint sources
    add correlation too: read it as an upper limit.

    Parameters
    ----------
    image, mask : ndarray, shape (ny, nx)
        As in `sigma_from_sky_and_gain`.
    reach : int
        The largest lag [px].
    """
    residual = outer_residual(image, mask)
    limit = CLIP * _clipped_rms(residual[np.isfinite(residual)])
    residual[np.abs(residual) > limit] = np.nan
    side = range(-reach, reach + 1)
    lags = [(dy, dx) for dy in side for dx in side]
    # Undo what subtracting the smooth image did to narrow correlations.
    total = sum(_covariance(residual, *lag) for lag in lags)
    total /= 1 - sum(_taken(*lag) for lag in lags)
    variance = _covariance(residual, 0, 0) + total * _taken(0, 0)
    return float(np.sqrt(max(total / variance, 1.0)))


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
    weight = gaussian_filter(good.astype(float), WIDTH)
    smooth = gaussian_filter(np.where(good, image, 0.0), WIDTH)
    level = np.divide(smooth, weight, out=np.zeros_like(smooth), where=weight > 1e-6)
    return np.where(good, image, 0.0) - level


def _taken(dy: int, dx: int) -> float:
    # v - K*v of white noise of variance 1 has covariance delta - 2 K + K*K at a lag;
    # this is 2 K - K*K for the Gaussian K of `_less_smooth`.
    lag, area = dy**2 + dx**2, np.pi * WIDTH**2
    once = np.exp(-lag / (2 * WIDTH**2)) / (2 * area)
    twice = np.exp(-lag / (4 * WIDTH**2)) / (4 * area)
    return 2 * once - twice


def _clipped_rms(values: np.ndarray) -> float:
    centre, spread = np.median(values), np.inf
    while True:
        inside = np.abs(values - centre) <= CLIP * spread
        rms = float(np.std(values[inside]))
        if rms >= spread or rms == 0.0:
            return rms
        centre, spread = np.median(values[inside]), rms


def _covariance(residual: np.ndarray, dy: int, dx: int) -> float:
    ny, nx = residual.shape
    to = (slice(max(dy, 0), ny + min(dy, 0)), slice(max(dx, 0), nx + min(dx, 0)))
    of = (slice(max(-dy, 0), ny + min(-dy, 0)), slice(max(-dx, 0), nx + min(-dx, 0)))
    return float(np.nanmean(residual[to] * residual[of]))
