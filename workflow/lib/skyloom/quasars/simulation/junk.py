"""Spectra that went wrong: what targets look like when light or data are missing.

Each function changes what is seen, never what is true.
"""

from __future__ import annotations

import numpy as np

from skyloom.quasars.simulation.frame import SIZE, WAVE
from skyloom.quasars.simulation.tables import columns, names

_FADE = {"sky": 0.0, "faint": 0.25}
_STEPS = (5780.0, 7570.0)  # Å: where DESI's arms meet
_TROUGH = (8600.0, 130.0)  # Å: a fake feature of real data


def draw_kinds(n: int, rng: np.random.Generator, table: str = "faults") -> np.ndarray:
    """Draw names of a table, faults or gaps, by their shares, shape (n,), object."""
    (share,) = columns(table)
    return rng.choice(names(table), n, p=share / share.sum())


def spoil(
    flux: np.ndarray, kind: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return what reaches the detector of spoilt spectra.

    ``dead_arm``, ``gap`` and ``cosmics`` happen on the detector (`instrument`).

    Returns
    -------
    light : ndarray, shape (n, SIZE)
    other : ndarray of int, shape (n,)
        The row whose light is in a ``blend`` too, of all others their own.
    """
    out = flux.copy()
    for name, factor in _FADE.items():
        out[kind == name] *= np.float32(factor)
    for i in np.flatnonzero(kind == "step"):
        out[i] *= _steps(rng)
    for i in np.flatnonzero(kind == "trough"):
        place, width = _TROUGH
        depth = rng.uniform(0.1, 0.5)
        out[i] *= 1 - depth * np.exp(-0.5 * ((WAVE - place) / width) ** 2)
    return out, _blend(out, np.flatnonzero(kind == "blend"), rng)


def _steps(rng) -> np.ndarray:
    factor = np.ones(SIZE, dtype=np.float32)
    for edge in _STEPS:
        factor[edge < WAVE] *= rng.uniform(0.6, 1.5)
    return factor


def _blend(out, some, rng) -> np.ndarray:
    """Add to each of `some` spectra the light of another one of all; return whose."""
    whose = np.arange(len(out))
    if len(some):
        other = rng.integers(0, len(out), len(some))
        share = rng.uniform(0.2, 0.7, (len(some), 1))
        level = out[some].mean(axis=1, keepdims=True)
        theirs = np.maximum(out[other].mean(axis=1, keepdims=True), 1e-6)
        out[some] = out[some] * (1 - share) + share * level / theirs * out[other]
        whose[some] = other
    return whose
