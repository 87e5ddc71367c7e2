"""Rows of data in pieces of bounded memory, from an array or from batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

CHUNK = 2048  # rows at a time: their products with a map of 15 x 15 fit a cache

Rows = np.ndarray | Iterable[np.ndarray]


@dataclass(frozen=True)
class Batches:
    """Batches of rows, arrays (n, d), that `make` gives anew at each reading."""

    make: Callable[[], Iterable[np.ndarray]]

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self.make())


def chunks(
    data: Rows, chunk: int = CHUNK, width: int | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the rows of `data` as float32, at most `chunk` at a time.

    Parameters
    ----------
    data : array_like of shape (n, d), or iterable of such
        What has two dimensions and can be sliced is read slice by slice, a memory map
        or an HDF5 dataset too. Anything else is taken as batches, in order.
    chunk : int
        Largest number of rows at a time.
    width : int, optional
        The number of values a row must have; that of the first batch by default.

    Yields
    ------
    first : int
        Number of the chunk's first row, counted over all batches.
    rows : ndarray of float32, shape (m, d)
        At least one row.

    Raises
    ------
    ValueError
        No rows, a batch that is not a table of real numbers, or one of another width.
    """
    first = 0
    for batch in [data] if _is_table(data) else data:
        width = _checked_width(batch, width, first)
        for start in range(0, batch.shape[0], chunk):
            rows = _float32(batch[start : start + chunk], first)
            yield first, rows
            first += len(rows)
    if not first:
        msg = "no rows: a map needs at least one"
        raise ValueError(msg)


def repeatable(data: Rows) -> Rows:
    """Return `data` if it can be read more than once; TypeError for an iterator."""
    if not _is_table(data) and iter(data) is data:
        kind = type(data).__name__
        msg = f"a {kind} can be read only once; wrap what makes it in Batches"
        raise TypeError(msg)
    return data


def _is_table(data) -> bool:
    return hasattr(data, "shape") and hasattr(data, "ndim")


def _checked_width(batch, width: int | None, first: int) -> int:
    shape = getattr(batch, "shape", None)
    wanted = "d" if width is None else width
    if shape is None or len(shape) != 2 or width not in {None, shape[1]}:
        got = type(batch).__name__ if shape is None else f"shape {shape}"
        msg = f"rows from number {first}: expected shape (n, {wanted}), not {got}"
        raise ValueError(msg)
    return shape[1]


def _float32(rows, first: int) -> np.ndarray:
    rows = np.asarray(rows)
    if rows.dtype.kind not in "fiu":
        msg = f"rows from number {first}: expected real numbers, not {rows.dtype}"
        raise ValueError(msg)
    return np.ascontiguousarray(rows, np.float32)
