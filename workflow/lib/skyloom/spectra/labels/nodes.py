"""Spectra on the nodes of a map: soft assignment, and what a spectrum counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from skyloom.som.matching import codebook, match
from skyloom.som.model import Som
from skyloom.som.rows import CHUNK, chunks

NEAREST = 8  # nodes that a spectrum is shared among
LEAST_SHARE = 1e-6


@dataclass(frozen=True, eq=False)
class Shares:
    """How spectra are shared among nodes.

    Attributes
    ----------
    node : ndarray of int, shape (n, nearest)
        The nearest nodes, nearest first.
    share : ndarray, shape (n, nearest)
        Of each; rows sum to 1.
    """

    node: np.ndarray
    share: np.ndarray

    def __getitem__(self, rows) -> Shares:
        return Shares(self.node[rows], self.share[rows])

    def members(self, units: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield each node that spectra share in, with their rows and their shares."""
        node, share = self.node.ravel(), self.share.ravel()
        order = np.argsort(node, kind="stable")
        ends = np.searchsorted(node[order], np.arange(units + 1))
        for k in range(units):
            found = order[ends[k] : ends[k + 1]]
            found = found[share[found] > LEAST_SHARE]
            if len(found):
                yield k, found // self.node.shape[1], share[found]

    def mix(self, table: np.ndarray) -> np.ndarray:
        """Return the mean of a table of nodes, (n_units, ...), for each spectrum."""
        mixed = np.zeros((len(self.node), *table.shape[1:]))
        # A node at a time: all at once would need NEAREST times the memory.
        for node, share in zip(self.node.T, self.share.T, strict=True):
            mixed += share.reshape(-1, *[1] * (table.ndim - 1)) * table[node]
        return mixed


def shares(som: Som, latent: np.ndarray, width: float) -> Shares:
    """Return the soft assignment of latent vectors, a kernel of their distances.

    The share of node k is as ``exp(-|z - m_k|^2 / (2 width^2))``.
    """
    book, nearest = codebook(som), min(NEAREST, som.n_units)
    node = np.zeros((len(latent), nearest), np.int64)
    share = np.zeros((len(latent), nearest))
    for first, rows in chunks(latent, CHUNK, som.width):
        some = slice(first, first + len(rows))
        # Brackets are -|z - m_k|^2 / 2 but for a term of the spectrum.
        _, brackets = match(book, rows - book.centre, first)
        order = np.argsort(-brackets, axis=1, kind="stable")[:, :nearest]
        best = np.take_along_axis(brackets, order, axis=1).astype(np.float64)
        kernel = np.exp((best - best[:, :1]) / max(width, 1e-12) ** 2)
        node[some], share[some] = order, kernel / kernel.sum(axis=1, keepdims=True)
    return Shares(node, share)


def weights(galaxies: np.ndarray) -> np.ndarray:
    """Return what each spectrum counts: those of a galaxy 1 together."""
    _, place, counts = np.unique(galaxies, return_inverse=True, return_counts=True)
    return 1 / counts[place]


def quantiles(values, weights, levels) -> np.ndarray:
    """Return weighted quantiles of numbers, each of them one of the numbers."""
    return np.quantile(values, levels, weights=weights, method="inverted_cdf")
