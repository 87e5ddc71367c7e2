"""Damped systems, narrow metal systems and broad absorption lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import voigt_profile

from skyloom.quasars.simulation.forest import LYA
from skyloom.quasars.simulation.frame import LIGHT, PIXEL, SIZE, WAVE, pixel
from skyloom.quasars.simulation.lines import add_depths
from skyloom.quasars.simulation.tables import columns

# Wavelength (Å), oscillator strength, damping constant (1/s).
_HYDROGEN = ((1215.67, 0.4164, 6.265e8), (1025.72, 0.0791, 1.897e8))
_WIDTH = 30.0  # km/s, Doppler parameter
_AREA = 0.0265400886  # pi e^2 / (m_e c), cm^2 Hz

# Species of broad troughs: rest Å and depth relative to that of C IV.
_HIGH = ((1549.06, 1.0), (1396.8, 0.55), (1240.14, 0.8), (1215.67, 0.35), (1033.8, 0.8))
_LOW = ((1857.8, 0.5), (2798.75, 0.4))
BAL_LINE = 1549.06
BALNICITY = (3000.0, 25000.0, 2000.0)  # km/s: from, to, least continuous width
ABSORPTION = (0.0, 25000.0, 450.0)


@dataclass(frozen=True, slots=True)
class Troughs:
    """Broad absorption of n quasars as a sum of blueshifted components.

    `speed` of the centre and `width` (sigma) in km/s and `depth`, the optical depth of
    C IV there, are (n, k), depth 0 for no component; `low` (n,) is whether Al III and
    Mg II absorb too.
    """

    speed: np.ndarray
    width: np.ndarray
    depth: np.ndarray
    low: np.ndarray


def damped_depth(z: float, log_n: float) -> np.ndarray:
    """Return the optical depth of a damped system, Lyman α and β, shape (SIZE,).

    `log_n` is log10 of the column of neutral hydrogen in 1/cm2.
    """
    depth = np.zeros(SIZE)
    for wave, strength, damping in _HYDROGEN:
        frequency = LIGHT * 1e13 / (WAVE / (1 + z))
        centre = LIGHT * 1e13 / wave
        doppler = centre * _WIDTH / LIGHT / np.sqrt(2)
        shape = voigt_profile(frequency - centre, doppler, damping / (4 * np.pi))
        depth += 10.0**log_n * _AREA * strength * shape
    return depth


def draw_damped(z, fraction: float, rng: np.random.Generator):
    """Draw damped systems: redshift and log column of each quasar, NaN for none.

    Columns follow N^-1.8 from 10^20 to 10^22, redshifts are uniform in what the
    forest shows in the frame.
    """
    z = np.asarray(z, dtype=float)
    lowest = np.maximum(WAVE[0] / LYA - 1, (1 + z) * 1025.72 / LYA - 1)
    has = (rng.random(len(z)) < fraction) & (z > lowest + 0.02)
    place = np.where(has, lowest + rng.random(len(z)) * (z - lowest - 0.01), np.nan)
    u = rng.random(len(z))
    column = 20.0 - np.log10(1 - u * (1 - 10 ** (-0.8 * 2.0))) / 0.8
    return place, np.where(has, column, np.nan)


def metal_depth(z, damped, rng: np.random.Generator) -> np.ndarray:
    """Draw the optical depth of narrow systems, shape (n, SIZE), float32.

    Mg II and C IV systems at their usual rates in front of quasars of redshifts `z`,
    associated C IV within 3000 km/s of some, and the metals of `damped` redshifts.
    """
    n = len(z)
    depth = np.zeros((n, SIZE), dtype=np.float32)
    found = []
    for kind, rate, scale in (("mgii", 0.5, 0.7), ("civ", 1.6, 0.4)):
        line = columns(f"absorber_{kind}")[0, 0]
        top = np.minimum(z, WAVE[-1] / line - 1)
        low = np.maximum(WAVE[0] / line - 1, 0.1)
        row = np.repeat(np.arange(n), rng.poisson(rate * np.clip(top - low, 0, None)))
        place = low + rng.random(len(row)) * (top[row] - low)
        found.append((kind, row, place, 0.2 + rng.exponential(scale, len(row))))
    near = np.flatnonzero(rng.random(n) < 0.15)
    place = (1 + z[near]) * (1 - rng.uniform(-500, 3000, len(near)) / LIGHT) - 1
    found.append(("civ", near, place, rng.exponential(1.2, len(near))))
    for kind, row, place, width in found:
        rest, ratio = columns(f"absorber_{kind}")
        add_depths(depth, row, place, rest, width[:, None] * ratio)
    gas = np.flatnonzero(np.isfinite(damped))
    return depth + metal_depths(gas, damped[gas], rng, n)


def metal_depths(row, place, rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw the depth of metals of damped systems, shape (n, SIZE), float32.

    They are at the redshifts `place` (m,) in the spectra `row` (m,) of n.
    """
    depth = np.zeros((n, SIZE), dtype=np.float32)
    rest, ratio = columns("absorber_dla")
    width = 10.0 ** rng.normal(-0.3, 0.3, len(row))
    add_depths(depth, row, place, rest, width[:, None] * ratio)
    return depth


def draw_troughs(z, fraction: float, rng: np.random.Generator) -> Troughs:
    """Draw broad absorption for a `fraction` of quasars, one in eight low-ionised."""
    n, most = len(z), 4
    has = rng.random(n) < fraction
    count = np.where(has, rng.integers(1, most + 1, n), 0)
    used = np.arange(most) < count[:, None]
    head = rng.gamma(1.6, 4500.0, (n, 1)) + 500
    speed = np.clip(head + rng.normal(0, 2600, (n, most)), 300, 26_000)
    width = 10.0 ** rng.normal(2.95, 0.18, (n, most))
    depth = np.where(used, rng.gamma(1.5, 0.9, (n, most)), 0.0)
    return Troughs(speed, width, depth, has & (rng.random(n) < 0.12))


def trough_depth(z, troughs: Troughs) -> np.ndarray:
    """Return the optical depth of broad absorption, shape (n, SIZE), float32."""
    depth = np.zeros((len(z), SIZE), dtype=np.float32)
    for i in np.flatnonzero(troughs.depth.sum(axis=1) > 0):
        species = _HIGH + (_LOW if troughs.low[i] else ())
        for wave, share in species:
            depth[i] += share * _profile(wave, z[i], troughs, i)
    return depth


def _profile(wave, z, troughs: Troughs, i: int) -> np.ndarray:
    """Return the optical depth that one species has at depth 1, shape (SIZE,).

    Flat-bottomed: the exponent is 4 rather than 2, as troughs have steep edges.
    """
    speed = (pixel(wave * (1 + z)) - np.arange(SIZE)) * PIXEL
    out = np.zeros(SIZE)
    near = (speed > -3000) & (speed < 32_000)
    parts = (troughs.speed[i], troughs.width[i], troughs.depth[i])
    for v, sigma, depth in zip(*parts, strict=True):
        if depth > 0:
            out[near] += depth * np.exp(-0.5 * ((speed[near] - v) / sigma) ** 4 / 4)
    return out


def indices(troughs: Troughs) -> tuple[np.ndarray, np.ndarray]:
    """Return balnicity and absorption index of C IV, km/s, each of shape (n,).

    BI = ∫ (1 - f/0.9) C dv from 3000 to 25,000 km/s, where C is 1 once f < 0.9 has
    held for 2000 km/s (Weymann et al. 1991); AI likewise from 0 with 450 km/s (Hall
    et al. 2002; Trump et al. 2006), f the transmission.
    """
    speed = np.arange(0.0, 26_000.0, 50.0)
    out = np.zeros((2, len(troughs.low)))
    for i in np.flatnonzero(troughs.depth.sum(axis=1) > 0):
        near = (speed - troughs.speed[i][:, None]) / troughs.width[i][:, None]
        depth = troughs.depth[i][:, None] * np.exp(-0.5 * near**4 / 4)
        passed = np.exp(-depth.sum(0))
        out[:, i] = [_index(speed, passed, *b) for b in (BALNICITY, ABSORPTION)]
    return out[0], out[1]


def _index(speed, transmission, start, stop, least) -> float:
    step = speed[1] - speed[0]
    inside = (speed >= start) & (speed <= stop)
    value = 1 - transmission / 0.9
    total = run = 0.0
    for v in value[inside]:
        run = run + step if v > 0 else 0.0
        total += v * step if run > least else 0.0
    return total
