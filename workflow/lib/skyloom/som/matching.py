"""Best-matching units: the prototype nearest to each row.

One matrix product a chunk of rows gives all distances to all units but for a term of
each row: ``|x - w|² = |x|² - 2 (x·w - |w|²/2)``, and the nearest unit has the largest
bracket. Rows and prototypes are first moved to the prototypes' mean, so that an offset
common to all data costs no digits of float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from skyloom.som.model import Som
from skyloom.som.rows import CHUNK, Rows, chunks


@dataclass(frozen=True, eq=False)
class Codebook:
    """Prototypes less their mean `centre`, and half of their squared lengths."""

    centre: np.ndarray
    units: np.ndarray
    half: np.ndarray


def codebook(som: Som) -> Codebook:
    """Return the prototypes of a map, centred."""
    centre = som.prototypes.mean(axis=0, dtype=np.float64).astype(np.float32)
    units = som.prototypes - centre
    half = 0.5 * np.einsum("kd,kd->k", units, units, dtype=np.float64)
    return Codebook(centre, units, half.astype(np.float32))


def match(
    book: Codebook, centred: np.ndarray, first: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best unit of each centred row, and all brackets.

    Parameters
    ----------
    book : Codebook
        The prototypes.
    centred : ndarray of float32, shape (n, d)
        Rows less ``book.centre``.
    first : int
        Number of the first row, for the error message.

    Returns
    -------
    index : ndarray of int, shape (n,)
        The unit with the largest bracket, the first of equal ones.
    brackets : ndarray of float32, shape (n, n_units)

    Raises
    ------
    ValueError
        For a row with a value that is not finite, or whose square is not in float32.
    """
    # What is not finite is found below, and named; NumPy's warning names nothing.
    with np.errstate(invalid="ignore", over="ignore"):
        brackets = centred @ book.units.T
        brackets -= book.half
        index = brackets.argmax(axis=1)  # of a row with NaN: the NaN
        finite = np.isfinite(np.einsum("nd,nd->n", centred, centred))
        finite &= np.isfinite(brackets[np.arange(len(index)), index])
    if not finite.all():
        row = first + int(np.argmin(finite))
        msg = f"row {row} holds a value that is not finite, or too large for float32"
        raise ValueError(msg)
    return index, brackets


def bmu(som: Som, x: Rows, *, chunk: int = CHUNK) -> tuple[np.ndarray, np.ndarray]:
    """Return the best-matching unit of each row, and the distance to it.

    Parameters
    ----------
    som : Som
        The map.
    x : ndarray of shape (n, d), or iterable of such
        The data; see `skyloom.som.rows.chunks`.
    chunk : int
        Rows at a time: memory is that of ``chunk * (d + n_units)`` numbers.

    Returns
    -------
    index : ndarray of int64, shape (n,)
        Number of the unit: row ``index // nx``, column ``index % nx`` of the map.
    distance : ndarray of float32, shape (n,)
        Euclidean, from the differences themselves: exact where a row equals its unit.

    Raises
    ------
    ValueError
        For rows of another width than the map's, or not finite.
    """
    parts = zip(*matched(som, x, chunk=chunk), strict=True)
    index, distance = (np.concatenate(part) for part in parts)
    return index, distance


def matched(
    som: Som, x: Rows, *, chunk: int = CHUNK
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield what `bmu` returns, a chunk at a time."""
    book = codebook(som)
    for first, rows in chunks(x, chunk, som.width):
        centred = rows - book.centre
        index, _ = match(book, centred, first)
        centred -= book.units[index]
        yield index, np.sqrt(np.einsum("nd,nd->n", centred, centred))


def two_best(som: Som, x: Rows, *, chunk: int = CHUNK) -> np.ndarray:
    """Return the best and second-best unit of each row, shape (n, 2); see `bmu`."""
    if som.n_units < 2:
        msg = "a map of one unit has no second-best"
        raise ValueError(msg)
    book = codebook(som)
    parts = []
    for first, rows in chunks(x, chunk, som.width):
        index, brackets = match(book, rows - book.centre, first)
        brackets[np.arange(len(index)), index] = -np.inf
        parts.append(np.stack([index, brackets.argmax(axis=1)], axis=1))
    return np.concatenate(parts)
