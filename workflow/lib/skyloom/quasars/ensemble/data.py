"""What a member learns from: spectra, their noise, and what to answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyloom.quasars.config import Train
from skyloom.quasars.spectra.grid import normalise
from skyloom.run.seeds import rng


@dataclass(frozen=True)
class TrainingData:
    """Spectra with their answers; the rows of all arrays agree.

    `x` (n, pixels) are normalised spectra and `sigma` their noise in the same units, 0
    where masked; `y` and `weight` are `skyloom.quasars.network.lines.targets`.

    Raises
    ------
    ValueError
        Rows disagree, there are none, or nothing weighs anything.
    """

    x: np.ndarray
    sigma: np.ndarray
    y: np.ndarray
    weight: np.ndarray

    def __post_init__(self):
        n = {len(self.x), len(self.sigma), len(self.y), len(self.weight)}
        if len(n) > 1 or self.x.shape != self.sigma.shape or not len(self.x):
            msg = f"rows of spectra and answers: {sorted(n)}; expected the same, not 0"
            raise ValueError(msg)
        if not (self.weight > 0).any():
            msg = "no answer weighs anything: no spectrum has a confident truth"
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.x)

    def rows(self, index: np.ndarray) -> TrainingData:
        """Return chosen rows."""
        parts = (self.x, self.sigma, self.y, self.weight)
        return TrainingData(*(part[index] for part in parts))


def noisy(
    x: np.ndarray, sigma: np.ndarray, added: np.ndarray, draws: np.ndarray
) -> np.ndarray:
    """Return spectra with more noise, normalised again, float32.

    `added` (n,) is the noise to add in units of `sigma`, so that the total is
    √(1 + added²) of it; `draws` (n, pixels) are standard normal. A masked pixel keeps
    its flux of 0 before normalisation.
    """
    raw = x + added[:, None] * sigma * draws
    weight = np.divide(1.0, sigma**2, out=np.zeros_like(sigma), where=sigma > 0)
    weight /= weight.sum(axis=1, keepdims=True)
    raw -= (raw * weight).sum(axis=1, keepdims=True)
    raw /= np.sqrt((raw**2 * weight).sum(axis=1, keepdims=True))
    return raw.astype(np.float32)


def noise_of(flux: np.ndarray, ivar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return normalised spectra and their noise, `x` and `sigma` of `TrainingData`.

    Raises
    ------
    ValueError
        A spectrum that `normalise` cannot normalise: leave those out before.
    """
    x, good = normalise(flux, ivar)
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        msg = f"{(~good).sum()} spectra without signal, first: row {row}"
        raise ValueError(msg)
    weight = ivar.astype(np.float64)
    total = weight.sum(axis=1)
    mean = (flux * weight).sum(axis=1) / total
    scatter = np.sqrt(((flux - mean[:, None]) ** 2 * weight).sum(axis=1) / total)
    sigma = np.zeros_like(weight)
    np.divide(1.0, np.sqrt(weight) * scatter[:, None], out=sigma, where=weight > 0)
    return x, sigma.astype(np.float32)


def epoch_rows(
    rows: np.ndarray, steps: int, settings: Train, seed: int, epoch: int
) -> np.ndarray:
    """Return the rows of each batch of an epoch, (steps, batch).

    All of `rows` in a random order; what is missing to full batches begins again.
    """
    order = rng(seed, "batches", epoch).permutation(rows)
    return np.resize(order, (steps, settings.batch))


def added_noise(n: int, settings: Train, draw: np.random.Generator) -> np.ndarray:
    """Return how much noise each of n spectra gets, float32, (n,)."""
    chosen = draw.random(n) < settings.noise_share
    return (settings.noise * chosen * draw.random(n)).astype(np.float32)
