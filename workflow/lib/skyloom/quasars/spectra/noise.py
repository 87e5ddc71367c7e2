"""Noise added to spectra: what they would have been, seen for a shorter time."""

from __future__ import annotations

import numpy as np


def louder(
    flux: np.ndarray, ivar: np.ndarray, noise: np.ndarray | float, normal: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return flux and ivar whose noise is larger: σ → `noise` σ, ivar → ivar / noise².

    All are (n, pixels), `noise` 1 or more that broadcasts to it; `normal` are standard
    normal draws. A pixel of no ivar keeps its flux.
    """
    sigma = np.zeros(ivar.shape)
    np.divide(1.0, np.sqrt(ivar), out=sigma, where=ivar > 0)
    seen = flux + np.sqrt(np.square(noise) - 1) * sigma * normal
    return seen.astype(np.float32), (ivar / np.square(noise)).astype(np.float32)
