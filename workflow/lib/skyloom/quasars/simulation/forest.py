"""The Lyman forest and the Lyman limit: hydrogen between us and a quasar.

The optical depth is log-normal, its logarithm a Gaussian field in velocity with the
correlation of the forest. At every redshift its mean is set such that the mean
transmission is exactly exp(-τ_eff(z)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft

from skyloom.quasars.simulation.frame import LOG_WAVE, SIZE, STEP, WAVE

LYA = 1215.67  # Å
LIMIT = 911.75
# Wavelength (Å) and strength f λ relative to Lyman α, for β, γ and δ.
SERIES = ((1025.72, 0.160), (972.54, 0.0557), (949.74, 0.0263))
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(48)
_PADDED = 5000  # the field is periodic: 300 pixels keep its ends apart
_PROXIMITY = 2500.0  # km/s over which the quasar ionises its own surroundings


@dataclass(frozen=True, slots=True)
class Forest:
    """The forest's constants.

    τ_eff = tau (1 + z)^slope; the default is Kim et al. 2007 (MNRAS 382, 1657), 0.0055
    and 3.18 is Becker-like. `sigma` is the scatter of ln τ per pixel at z = 3. The
    field has two correlation `lengths` (pixels of 69 km/s), the first, shorter one
    with the `share` of its variance.
    """

    tau: float = 0.0023
    slope: float = 3.65
    sigma: float = 1.5
    lengths: tuple[float, float] = (1.1, 3.5)
    share: float = 0.6


def effective_depth(z: np.ndarray, forest: Forest) -> np.ndarray:
    """Return τ_eff of Lyman α at absorption redshifts."""
    return forest.tau * (1 + np.asarray(z)) ** forest.slope


def scatter(z: np.ndarray, forest: Forest) -> np.ndarray:
    """Return the scatter of ln τ at absorption redshifts."""
    return forest.sigma * ((1 + np.asarray(z)) / 4.0) ** -0.7


def median_depth(effective: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Return the median A of τ = A exp(sigma g) with mean exp(-τ) = exp(-effective).

    Solved by bisection in ln A with Gauss-Hermite quadrature over the normal g; `sigma`
    is the scatter of ln τ.
    """
    target = np.exp(-np.asarray(effective))
    low, high = np.full(target.shape, -25.0), np.full(target.shape, 12.0)
    weights = _WEIGHTS / _WEIGHTS.sum()
    spread = np.exp(np.asarray(sigma)[:, None] * _NODES)
    for _ in range(50):
        middle = 0.5 * (low + high)
        mean = np.exp(-np.exp(middle)[:, None] * spread) @ weights
        low = np.where(mean > target, middle, low)
        high = np.where(mean > target, high, middle)
    return np.exp(0.5 * (low + high))


def gaussian_field(n: int, forest: Forest, rng: np.random.Generator) -> np.ndarray:
    """Draw n correlated fields of mean 0 and variance 1, shape (n, SIZE), float32."""
    k = 2 * np.pi * np.fft.rfftfreq(_PADDED)
    power = np.zeros(len(k))
    shares = (forest.share, 1 - forest.share)
    for length, share in zip(forest.lengths, shares, strict=True):
        part = np.exp(-((k * length) ** 2))
        power += share * part / part[1:].sum()
    power[0] = 0.0
    amplitude = np.sqrt(power * _PADDED / 2).astype(np.float32)
    noise = rng.standard_normal((n, len(k), 2), dtype=np.float32)
    modes = noise.view(np.complex64)[..., 0] * amplitude
    field = scipy.fft.irfft(modes, _PADDED, axis=1) * np.float32(np.sqrt(_PADDED / 2))
    return field[:, :SIZE]


def transmission(z, forest: Forest, rng: np.random.Generator) -> np.ndarray:
    """Draw the transmission of the forest in front of quasars.

    Lyman α to δ of the same gas; hydrogen near the quasar is thinned as it ionises
    it; continuous absorption below the limit by Lyman-limit systems.

    The result (n, SIZE), float32, is 1 redward of Lyman α.
    """
    z = np.asarray(z, dtype=float)
    absorber = np.maximum(WAVE / LYA - 1, 0.01)
    sigma = scatter(absorber, forest)
    median = median_depth(effective_depth(absorber, forest), sigma).astype(np.float32)
    depth = gaussian_field(len(z), forest, rng) * sigma.astype(np.float32)
    depth = np.exp(depth, out=depth) * median
    depth *= _proximity(z)
    total = depth.copy()
    for wave, strength in SERIES:
        shift = round(np.log10(LYA / wave) / STEP)
        total[:, : SIZE - shift] += np.float32(strength) * depth[:, shift:]
    return np.exp(-total, out=total) * limit_transmission(z, rng)


def _proximity(z) -> np.ndarray:
    """Return the factor on τ near the quasar: 0 redward of it, rising blueward."""
    pixels = (np.log10(LYA * (1 + z))[:, None] - LOG_WAVE[None, :]) / STEP
    speed = (pixels * 69.03).astype(np.float32)
    return np.where(speed > 0, speed / (speed + np.float32(_PROXIMITY)), 0)


def limit_transmission(z, rng: np.random.Generator) -> np.ndarray:
    """Draw the Lyman continuum absorption of intervening systems, (n, SIZE).

    Systems of τ > 1 at the limit come at 1.6 ((1+z)/4)^1.5 a unit redshift; thinner
    ones make a smooth loss.
    """
    out = np.ones((len(z), SIZE), dtype=np.float32)
    reach = LIMIT * (1 + z) / WAVE[0] - 1
    for i in np.flatnonzero(reach > 0):
        for place in _systems(z[i], rng):
            edge = LIMIT * (1 + place[0])
            below = edge > WAVE
            ratio = (WAVE[below] / edge).astype(np.float32)
            out[i, below] *= np.exp(-np.float32(place[1]) * ratio**2.75)
        below = LIMIT * (1 + z[i]) > WAVE
        way = (1 + z[i]) - WAVE[below] / LIMIT
        out[i, below] *= np.exp(-0.5 * way).astype(np.float32)
    return out


def _systems(z: float, rng) -> list[tuple[float, float]]:
    lowest = max(WAVE[0] / LIMIT - 1, 0.5)
    grid = np.linspace(lowest, z, 60)
    rate = 1.6 * ((1 + grid) / 4.0) ** 1.5
    count = rng.poisson(rate.mean() * (z - lowest))
    return [(rng.uniform(lowest, z), rng.pareto(0.6) + 1.0) for _ in range(count)]
