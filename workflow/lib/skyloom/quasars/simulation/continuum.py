"""Quasar continua, dust and luminosity. All functions are pure, on rest wavelengths."""

from __future__ import annotations

import numpy as np
from astropy import units as u

from skyloom.sky.cosmology import COSMOLOGY

_EDGE = 3646.0  # Å, the Balmer limit
SMC = (1.39, -1.2)  # Richards et al. 2003 (AJ 126, 1131)
GREY = (1.9, -0.75)


def log_luminosity(flux: np.ndarray, z: np.ndarray, wave: float) -> np.ndarray:
    """Return log10 of λL_λ (erg/s) at a wavelength of the observer.

    `flux` (n,) in 1e-17 erg/s/cm2/Å at `wave` (Å), redshifts `z` (n,).
    """
    distance = COSMOLOGY.luminosity_distance(z).to_value(u.cm)
    return np.log10(4 * np.pi * distance**2 * np.asarray(flux) * 1e-17 * wave)


def power_laws(wave, breaks, slopes) -> np.ndarray:
    """Return broken power laws in f_λ, 1 at the first break.

    `wave` are rest wavelengths (n, m) in Å, `breaks` increasing wavelengths, `slopes`
    the exponents of λ below, between and above the breaks, (len(breaks) + 1, n).
    """
    x = np.log(wave)
    slopes = np.asarray(slopes, dtype=np.float32)
    total = slopes[0][:, None] * (x - np.float32(np.log(breaks[0])))
    for k, edge in enumerate(breaks):
        step = (slopes[k + 1] - slopes[k])[:, None]
        total += step * np.maximum(x - np.float32(np.log(edge)), 0)
    return np.exp(total)


def curved(wave, slope, curvature) -> np.ndarray:
    """Return log-parabolas in f_λ, 1 at 2500 Å; `slope`, `curvature` of (n,)."""
    x = np.log(wave / np.float32(2500.0))
    slope, curvature = np.float32(slope)[:, None], np.float32(curvature)[:, None]
    return np.exp(x * (slope + curvature * x))


def balmer(wave, strength) -> np.ndarray:
    """Return the Balmer continuum of Grandi 1982, of height `strength` at its edge.

    Optically thin at 15,000 K below 3646 Å; above, the blended high-order lines
    carry it on and fade over 150 Å.

    Parameters
    ----------
    wave : ndarray, shape (n, m), Å
        Rest wavelengths, each row with the same ratios between its pixels.
    strength : ndarray, shape (n,)
        Height at 3646 Å.
    """
    fine = np.geomspace(0.98 * wave.min(), 1.02 * wave.max(), 6000)
    ratio = np.minimum(fine / _EDGE, 1.0)
    kt = 143_877_688.0 / 15_000.0  # hc/kT in Å
    planck = ratio**-5 / np.expm1(kt / _EDGE / ratio) * np.expm1(kt / _EDGE)
    below = planck * (1 - np.exp(-(ratio**3))) / (1 - np.exp(-1.0))
    curve = below * np.exp(-0.5 * (np.maximum(fine - _EDGE, 0) / 150.0) ** 2)
    # A curve this smooth is looked up, not evaluated, at every pixel.
    step = np.log(fine[1] / fine[0])
    place = np.rint(np.log(wave / np.float32(fine[0])) / np.float32(step)).astype(
        np.int32
    )
    return np.float32(strength)[:, None] * curve.astype(np.float32)[place]


def dust(wave, ebv, law: tuple[float, float]) -> np.ndarray:
    """Return the transmission of dust, A_λ = size E(B-V) (λ/µm)^power.

    `wave` (n, m) in Å at rest, `ebv` (n,); `law`, size and power, is `SMC` or `GREY`.
    """
    size, power = law
    curve = (wave * np.float32(1e-4)) ** np.float32(power)
    depth = np.float32(-0.4 * np.log(10.0) * size) * np.float32(ebv)[:, None]
    return np.exp(depth * curve)
