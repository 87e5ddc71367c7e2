"""What a network learns from: samples, their weights, and the order they come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from skyloom.run.seeds import rng
from skyloom.spectra.mapping.fill import fill
from skyloom.spectra.rest.files import taken

CHUNK = 1024  # spectra read at a time


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples without gaps, and how much each of their values counts.

    Attributes
    ----------
    x : ndarray, shape (n, pixels) or (n, rows, columns, 1)
        In memory, or mapped from the disk.
    ivar : ndarray of shape (n, pixels), optional
        Inverse variance of `x`, 0 where masked; without it all values count alike.
    templates : ndarray of shape (k, pixels), optional
        What masked values are replaced from, for the encoder; see
        `skyloom.spectra.mapping.fill`.
    weighted : bool
        Whether good values count by `ivar`; otherwise alike.
    mean : ndarray of shape (pixels,), or 0
        Networks learn what is left of a sample without it.
    """

    x: np.ndarray
    ivar: np.ndarray | None = None
    templates: np.ndarray | None = None
    weighted: bool = True
    mean: np.ndarray | float = 0.0

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, index: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray | None]:
        """Return some samples and their weights, float32; the weights of one sum to 1.

        So a sample counts the same whatever its S/N: `ivar` says which of its pixels
        to trust, not which samples.
        """
        x = np.asarray(taken(self.x, index), np.float32)
        if self.ivar is None:
            return x - self.mean, None
        ivar = taken(self.ivar, index)
        good = ivar > 0
        weight = (ivar if self.weighted else good).astype(np.float64)
        total = weight.sum(axis=1, keepdims=True)
        if not total.all():
            row = np.arange(len(self))[index][int(np.argmin(total))]
            msg = f"sample {row} has no good pixel"
            raise ValueError(msg)
        left = fill(x, good, self.templates) - self.mean
        return left, (weight / total).astype(np.float32)

    def some(self, size: int, generator: np.random.Generator) -> Samples:
        """Return samples drawn by lot, in memory; all if there are no more."""
        size = min(size, len(self))
        index = np.sort(generator.choice(len(self), size, replace=False))
        ivar = None if self.ivar is None else np.asarray(self.ivar[index])
        return replace(self, x=np.asarray(self.x[index]), ivar=ivar)

    def pieces(self, size: int = CHUNK) -> Iterator[np.ndarray]:
        """Yield all samples in order, without gaps, some at a time."""
        for first in range(0, len(self), size):
            yield self.batch(slice(first, first + size))[0]


def batch_rows(n_samples: int, size: int, seed: int, step: int) -> np.ndarray:
    """Return which samples a step learns from.

    Each pass over the data has an order of its own, by lot; samples that fill no whole
    batch at its end are left for the next one. All batches have ``min(size, n)``.
    """
    size = min(size, n_samples)
    epoch, place = divmod(step, n_samples // size)
    order = rng(seed, "desom", epoch).permutation(n_samples)
    return order[place * size : (place + 1) * size]
