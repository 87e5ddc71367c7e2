"""Where training starts: a map already ordered along the data's main directions."""

from __future__ import annotations

import numpy as np

from skyloom.som.grid import Shape, check_grid
from skyloom.som.model import Som
from skyloom.som.rows import CHUNK, Rows, chunks

SAMPLE = 2048  # rows that the main directions are taken from


def sample(
    data: Rows, size: int, rng: np.random.Generator, *, chunk: int = CHUNK
) -> np.ndarray:
    """Return rows drawn at random without repetition, in the order of the data.

    Each row draws a number, and the rows of the smallest numbers stay: which they are
    does not depend on how the rows come in batches.

    Parameters
    ----------
    data : ndarray of shape (n, d), or iterable of such
        See `skyloom.som.rows.chunks`.
    size : int
        How many rows; all of them if there are no more.
    rng : numpy.random.Generator
        Gives one number a row.
    chunk : int
        Rows at a time.
    """
    kept, keys = None, np.zeros(0)
    for _, rows in chunks(data, chunk):
        kept = rows if kept is None else np.concatenate([kept, rows])
        keys = np.concatenate([keys, rng.random(len(rows))])
        order = np.sort(np.argsort(keys, kind="stable")[:size])
        kept, keys = kept[order], keys[order]
    return kept


def principal(
    rows: np.ndarray, shape: Shape, topology: str, lattice: str = "rectangular"
) -> Som:
    """Return a map laid along the principal directions of some rows, shape (n, d).

    A sheet is laid in the plane of the first two, its longer side along the first. A
    torus cannot lie in a plane: each side runs round a circle, its longer side in the
    first and second direction, the other in the third and fourth (Clifford's torus).
    Either has the variance of the rows along each direction. Odd rows of a hexagonal
    lattice start half a step further.
    """
    check_grid(shape, topology, lattice)
    mean, axes = _directions(rows, 4)
    first, second = (0, 1) if shape[0] >= shape[1] else (1, 0)
    sides = [_side(size, topology) for size in shape]
    per_side = sides[0].shape[1]
    split = [axes[:per_side], axes[per_side : 2 * per_side]]
    down = (sides[0] @ split[first])[:, None, :]
    across = (sides[1] @ split[second])[None, :, :]
    if lattice == "hexagonal":
        moved = _side(shape[1], topology, 0.5) @ split[second]
        odd = np.arange(shape[0])[:, None, None] % 2 == 1
        across = np.where(odd, moved, across)
    return Som((mean + down + across).astype(np.float32), topology, lattice)


def _side(size: int, topology: str, shift: float = 0.0) -> np.ndarray:
    """Return places along a side, of unit variance in each column.

    `shift` [grid steps] moves all of them.
    """
    if topology == "torus":
        angle = 2 * np.pi * (np.arange(size) + shift) / size
        return np.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    place = np.linspace(-1, 1, size) if size > 1 else np.zeros(1)
    return np.sqrt(3) * (place + shift * 2 / max(1, size - 1))[:, None]


def _directions(rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean, and principal directions as long as the scatter along them."""
    rows = np.asarray(rows, np.float64)
    if not np.isfinite(rows).all():
        row = int(np.argmin(np.isfinite(rows).all(axis=1)))
        msg = f"row {row} of the sample holds a value that is not finite"
        raise ValueError(msg)
    mean = rows.mean(axis=0)
    _, lengths, found = np.linalg.svd(rows - mean, full_matrices=False)
    found, lengths = found[:count], lengths[:count] / np.sqrt(len(rows))
    # A direction and its opposite are equally right: choose, so that all machines do.
    largest = np.abs(found).argmax(axis=1)
    signs = np.where(found[np.arange(len(found)), largest] < 0, -1.0, 1.0)
    axes = np.zeros((count, rows.shape[1]))
    axes[: len(found)] = found * (signs * lengths)[:, None]
    return mean, axes
