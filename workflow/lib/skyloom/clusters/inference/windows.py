"""Where windows lie on an image of any size, so that no pixel stays unseen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class WindowSettings:
    """How an image is cut into windows.

    Attributes
    ----------
    window, step : int
        Side of a window, in whole tiles, and from one to the next [px].
    tile, pool : int
        Sides of a cell of the encoder's maps, and of blocks that are averaged [px].
    shifts : int
        How many windows, moved by ``tile / shifts``, replace each window along each
        axis. Running time grows with its square; 1 moves nothing.
    """

    window: int = 2560
    step: int = 2480
    tile: int = 64
    pool: int = 4
    shifts: int = 1

    @cached_property
    def offsets(self) -> np.ndarray:
        """Return the moves of a window along one axis, about zero [px]."""
        middle = (self.shifts - 1) / 2
        return (np.arange(self.shifts) - middle) * self.tile / self.shifts

    def fitted(self, shape: tuple[int, int]) -> WindowSettings:
        """Return windows no larger than an image needs: the fewest whole tiles.

        A window that were mostly empty would move an encoder's GroupNorm.
        """
        needed = -(-max(shape) // self.tile) * self.tile
        window = min(self.window, needed)
        return replace(self, window=window, step=min(self.step, window))


def origins(length: int, window: int, step: int) -> np.ndarray:
    """Return where windows begin along an axis of a length, rising from 0.

    The last window is moved back to end with the image; an image shorter than a window
    has one window, which sticks out.
    """
    last = max(length - window, 0)
    return np.append(np.arange(0, last, step), last)


def window_origins(shape: tuple[int, int], settings: WindowSettings) -> np.ndarray:
    """Return where the windows of an image of shape (ny, nx) begin, sorted.

    ``(y, x)`` of the first pixels, shape (n, 2), all multiples of ``settings.pool``.
    Windows stick out of the image where it is no multiple of `pool` (by less than
    `pool`), where they are shifted (by less than half a tile), and where the image is
    smaller than a window.
    """
    pool, axes = settings.pool, []
    for length in shape:
        # In blocks, so that the same block is seen alike from every window.
        units = (-(-length // pool), settings.window // pool, settings.step // pool)
        starts = origins(*units)[:, None] * pool + settings.offsets.astype(int)
        axes.append(np.unique(starts))
    return np.array([(y, x) for y in axes[0] for x in axes[1]])


def inside_share(
    origin: tuple[int, int], cells: tuple[int, int], shape: tuple[int, int], tile: int
) -> np.ndarray:
    """Return the share of each cell's area that lies in an image of shape (ny, nx).

    Of as many rows and columns of `cells`, from ``origin`` (y, x) on, of side `tile`
    [px].
    """
    shares = []
    for first, n, length in zip(origin, cells, shape, strict=True):
        edges = np.clip(first + tile * np.arange(n + 1), 0, length)
        shares.append(np.diff(edges) / tile)
    return np.outer(*shares)
