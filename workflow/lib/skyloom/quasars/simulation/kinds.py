"""Kinds of quasars that are few in the sky: red, in bright hosts, absorbed near by.

Training samples hold more of them than the sky does. Sources are at each constant.
"""

from __future__ import annotations

import numpy as np

from skyloom.quasars.simulation.continuum import SMC
from skyloom.quasars.simulation.forest import LIMIT, LYA
from skyloom.quasars.simulation.frame import LIGHT, PIXEL, SIZE, WAVE, pixel
from skyloom.quasars.simulation.lines import add_weak
from skyloom.quasars.simulation.tables import columns
from skyloom.quasars.simulation.troughs import damped_depth, metal_depths

# E(B-V) of the red: those of the red quasars of SDSS and DESI (Krawczyk et al. 2015,
# AJ 149, 203; Fawcett et al. 2023, MNRAS 525, 5575), least, scale and most.
RED = (0.15, 0.15, 0.5)
_DIMMED = 3.0  # mag at 5300 Å: redder ones drop out of a sample limited in flux
# Host over nucleus at 5100 Å against log λL_λ - 44, up to 1.053 (Shen et al. 2011,
# ApJS 194, 45, eq. 1), and its scatter.
_HOST = (-0.1577, 0.9121, -1.5502, 0.8052)
_HOST_END, _HOST_MOST, _HOST_SCATTER = 1.053, 1.5, 0.2
# Associated systems: damped ones within 3000 km/s (Ellison et al. 2010, MNRAS 406,
# 1435), narrow complexes within 15,000 km/s (Vestergaard 2003, ApJ 599, 116).
NEAR = (-1000.0, 3000.0)
_OUTFLOW = 15_000.0
_COLUMNS = (20.3, 21.7)
_CROSS_SECTION = 6.3e-18  # cm2, of hydrogen at its limit


def draw_red(z, share: float, rng: np.random.Generator) -> np.ndarray:
    """Draw E(B-V) of a `share` of quasars that dust reddens, 0 of the others."""
    z = np.asarray(z, dtype=float)
    low, scale, most = RED
    size, power = SMC
    seen = _DIMMED / (size * (0.53 / (1 + z)) ** power)
    most = np.clip(seen, low + 0.05, most)
    within = 1 - np.exp(-(most - low) / scale)
    ebv = low - scale * np.log1p(-rng.random(len(z)) * within)
    return np.where(rng.random(len(z)) < share, ebv, 0.0)


def host_ratio(log_luminosity, rng: np.random.Generator) -> np.ndarray:
    """Draw the light of the host over that of the nucleus at 5100 Å.

    `log_luminosity` (n,) is log10 of λL_λ there (erg/s); above 45.053 it is 0.
    """
    x = np.asarray(log_luminosity, dtype=float) - 44.0
    ratio = np.polyval(_HOST, np.minimum(x, _HOST_END)).clip(0, _HOST_MOST)
    ratio = np.where(x < _HOST_END, ratio, 0.0)
    return ratio * 10.0 ** rng.normal(0, _HOST_SCATTER, len(x))


def draw_associated(z, share: float, rng: np.random.Generator):
    """Draw the strong absorption that a `share` of quasars have near themselves.

    Half of it is damped, where Lyman α is seen; all others are complexes of narrow
    lines, which are no broad absorption however deep they are.

    Returns
    -------
    place, column : ndarray, shape (n,)
        Redshift and log column (1/cm2) of damped systems, NaN for none.
    depth : ndarray, shape (n, SIZE)
        Optical depths of all of them.
    """
    z = np.asarray(z, dtype=float)
    n = len(z)
    has = rng.random(n) < share
    behind = (1 + z) * (1 - rng.uniform(*NEAR, n) / LIGHT) - 1
    damped = has & (rng.random(n) < 0.5) & (behind * LYA + LYA > WAVE[0] * 1.02)
    place = np.where(damped, behind, np.nan)
    column = np.where(damped, rng.uniform(*_COLUMNS, n), np.nan)
    depth = metal_depths(np.flatnonzero(damped), behind[damped], rng, n)
    for i in np.flatnonzero(damped):
        depth[i] += damped_depth(place[i], column[i]) + limit_depth(place[i], column[i])
    _complexes(depth, np.flatnonzero(has & ~damped), z, rng)
    return place, column, depth


def limit_depth(z: float, log_n: float) -> np.ndarray:
    """Return the optical depth of a column below its Lyman limit, shape (SIZE,)."""
    edge = LIMIT * (1 + z)
    cube = (WAVE / edge) ** 2.75
    return np.where(edge > WAVE, 10.0**log_n * _CROSS_SECTION * cube, 0.0)


def draw_narrow(z, share: float, rng: np.random.Generator) -> np.ndarray:
    """Draw optical depths of narrow complexes of a `share` of quasars, (n, SIZE)."""
    depth = np.zeros((len(z), SIZE), dtype=np.float32)
    _complexes(depth, np.flatnonzero(rng.random(len(z)) < share), z, rng)
    return depth


def _complexes(depth, some, z, rng) -> None:
    """Add complexes of one to four narrow systems to rows of depths."""
    if not len(some):
        return
    line, ratio = columns("absorber_associated")
    row = np.repeat(some, rng.integers(1, 5, len(some)))
    fast = rng.random(len(z)) < 0.5
    speed = np.where(fast, rng.uniform(0, _OUTFLOW, len(z)), 0.0)[row]
    speed = speed + rng.uniform(-500, 1500, len(row))
    place = (1 + np.asarray(z)[row]) * (1 - speed / LIGHT) - 1
    centre = pixel(line * (1 + place[:, None]))
    width = (0.3 + rng.exponential(1.0, len(row)))[:, None] * ratio
    sigma = rng.uniform(60, 160, (len(row), 1)) / PIXEL  # 140 to 380 km/s FWHM
    add_weak(depth, row, line, centre, width, np.maximum(sigma, 1.0), np.zeros(1))
