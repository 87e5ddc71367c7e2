"""What is simulated: the mix of targets, their redshifts and magnitudes."""

from __future__ import annotations

import numpy as np

from skyloom.quasars.simulation.tables import columns

CLASSES = ("QSO", "GALAXY", "STAR", "JUNK")
REDSHIFTS = ("desi", "boss", "broad")
STEEPNESS = 0.35  # numbers grow as 10^(STEEPNESS m)


def draw_redshifts(name: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw redshifts of quasars from one of `REDSHIFTS`, linear between its nodes."""
    z, density = columns(f"redshifts_{name}")
    fine = np.linspace(z[0], z[-1], 2000)
    total = np.cumsum(np.interp(fine, z, density))
    return np.interp(rng.random(n) * total[-1], total, fine)


def draw_magnitudes(
    low: float, high: float, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw magnitudes whose numbers grow as 10^(`STEEPNESS` m), shape (n,)."""
    k = STEEPNESS * np.log(10.0)
    return low + np.log1p(rng.random(n) * np.expm1(k * (high - low))) / k
