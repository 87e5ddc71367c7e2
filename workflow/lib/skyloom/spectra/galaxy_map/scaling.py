"""Scaling of fingerprints before a network, with numbers of training galaxies only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

METHODS = ("clipped", "minmax", "none")
CLIP = 99.9  # percentile of a unit over galaxies


@dataclass(frozen=True, eq=False)
class Scaler:
    """A fitted scaling.

    Attributes
    ----------
    method : {"clipped", "minmax", "none"}
        Clipped at a unit's 99.9 percentile, brought to 0..1 by unit, and to 0..1 by
        fingerprint; brought to 0..1 by fingerprint; or as it is.
    low, high : ndarray, shape (n_units,)
        Least share of each unit, and its 99.9 percentile, over training galaxies.
    """

    method: str
    low: np.ndarray
    high: np.ndarray

    def __call__(self, shares: np.ndarray) -> np.ndarray:
        """Return scaled fingerprints, float32, shape (n, n_units)."""
        scaled = np.asarray(shares, np.float64)
        if self.method == "clipped":
            inside = np.clip(scaled, self.low, self.high)
            scaled = _ratio(inside - self.low, self.high - self.low)
        if self.method != "none":
            least = scaled.min(axis=1, keepdims=True)
            scaled = _ratio(scaled - least, np.ptp(scaled, axis=1, keepdims=True))
        return scaled.astype(np.float32)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what a file keeps of it."""
        return {"low": self.low, "high": self.high}


def fit(method: str, training: np.ndarray) -> Scaler:
    """Return the scaling of training fingerprints, shape (n, n_units)."""
    if method not in METHODS:
        msg = f"scaling {method!r}: it is one of {', '.join(METHODS)}"
        raise ValueError(msg)
    low, high = training.min(axis=0), np.percentile(training, CLIP, axis=0)
    return Scaler(method, low.astype(np.float64), high.astype(np.float64))


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Return top / bottom; 0 where the bottom is 0, as for a unit that is never hit."""
    top, bottom = np.broadcast_arrays(top, bottom)
    return np.divide(top, bottom, out=np.zeros(top.shape), where=bottom > 0)
