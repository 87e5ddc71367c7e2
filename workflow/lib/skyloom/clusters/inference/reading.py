"""Windows of a survey tile, a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from astropy.io import fits

from skyloom.clusters.data.files import block_mean
from skyloom.clusters.images import survey_hdus
from skyloom.clusters.inference.survey_tile import SurveyTile
from skyloom.clusters.inference.windows import WindowSettings
from skyloom.io.fits import FitsFile, opened

BLOCK_ROWS = 256  # rows read at once; one row of our files' compressed tiles
STRIP = 4  # windows side by side that are read in one pass


def read_windows(
    tile: SurveyTile, origins: Iterable[tuple[int, int]], settings: WindowSettings
) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    """Read windows just in time: pixels are pooled, and dropped once unneeded.

    Memory holds the pooled pixels of `STRIP` windows side by side and some rows of
    full resolution, whatever the size of the tile; each file is read once from top
    to bottom if the tile is no wider than that.

    Parameters
    ----------
    origins : iterable of (int, int)
        ``(y, x)`` of the windows' first pixels, multiples of ``settings.pool``.

    Yields
    ------
    origin : tuple of int
        In the order of reading: groups of columns, then y, then x.
    image : ndarray of float32, shape (bands, window / pool, window / pool)
        Block means over unmasked pixels, at zero point 30. NaN where a block has
        none, or lies outside of the tile.

    Raises
    ------
    InputError
        Pixels that cannot be read.
    """
    for group in _column_groups(list(origins), settings.window):
        yield from _read_group(tile, group, settings)


def pooled(image: np.ndarray, good: np.ndarray, pool: int) -> np.ndarray:
    """Return means over the good pixels of blocks, NaN where there is none."""
    mean = block_mean(image, pool, good)
    if not good.all():
        ny, nx = mean.shape
        mean[~good.reshape(ny, pool, nx, pool).any(axis=(1, 3))] = np.nan
    return mean


def _column_groups(origins: list, window: int) -> Iterator[list]:
    """Yield windows, sorted, in groups that fit into a strip side by side."""
    left = sorted(origins, key=lambda origin: (origin[1], origin[0]))
    while left:
        edge = left[0][1] + STRIP * window
        group = [origin for origin in left if origin[1] + window <= edge]
        left = left[len(group) :]
        yield sorted(group)


def _read_group(tile: SurveyTile, group: list, settings: WindowSettings) -> Iterator:
    pool, size = settings.pool, settings.window // settings.pool
    x0 = min(x for _, x in group)
    columns = (x0, max(x for _, x in group) + settings.window)
    width = (columns[1] - x0) // pool
    strip = np.empty((len(tile.paths), 0, width), np.float32)
    top, end = group[0][0], group[0][0]
    with _opened(tile) as files:
        for y, x in group:
            strip, top = strip[:, (y - top) // pool :], y
            start = max(end, y)
            if start < y + settings.window:
                end = y + settings.window
                new = _read_rows(tile, files, (start, end), columns, pool)
                strip = np.concatenate([strip, new], axis=1)
            column = (x - x0) // pool
            yield (y, x), strip[:, :size, column : column + size].copy()


def _read_rows(tile, files, rows, columns, pool: int) -> np.ndarray:
    """Return pooled rows of all bands, NaN outside of the tile."""
    shape = (len(files), (rows[1] - rows[0]) // pool, (columns[1] - columns[0]) // pool)
    result = np.empty(shape, np.float32)
    # Edges on a grid of their own: no row of compressed tiles is unpacked twice.
    step = max(BLOCK_ROWS // pool, 1) * pool
    inner = range(rows[0] // step * step + step, rows[1], step)
    for channel, planes in enumerate(files):
        for block in pairwise([rows[0], *inner, rows[1]]):
            means = pooled(*planes.block(block, columns, tile.shape), pool)
            first = (block[0] - rows[0]) // pool
            result[channel, first : first + len(means)] = means
    return result * np.float32(tile.factor)


@dataclass(frozen=True)
class _Planes:
    """The open HDUs of one band."""

    file: FitsFile
    science: fits.ImageHDU
    mask: fits.ImageHDU | None

    def block(self, rows, columns, shape) -> tuple[np.ndarray, np.ndarray]:
        """Return pixels, and which of them are good; none is outside of the tile."""
        size = (rows[1] - rows[0], columns[1] - columns[0])
        image, good = np.zeros(size, np.float32), np.zeros(size, bool)
        (fy, ty), (fx, tx) = (
            _overlap(*pair) for pair in zip((rows, columns), shape, strict=True)
        )
        if image[ty, tx].size:
            image[ty, tx] = self.file.pixels(self.science, window=(fy, fx))
            good[ty, tx] = survey_hdus.good(
                self.file.path, image[ty, tx], self._mask((fy, fx))
            )
        return image, good

    def _mask(self, window: tuple[slice, slice]) -> np.ndarray | None:
        if self.mask is None:
            return None
        return self.file.pixels(self.mask, window=window)


def _overlap(interval: tuple[int, int], length: int) -> tuple[slice, slice]:
    """Return the part of an interval on an axis: as slices of axis and interval."""
    first, last = np.clip(interval, 0, length)
    return slice(first, last), slice(first - interval[0], last - interval[0])


@contextmanager
def _opened(tile: SurveyTile) -> Iterator[list[_Planes]]:
    with ExitStack() as stack:
        planes = []
        for path in tile.paths.values():
            file = stack.enter_context(opened(path, verify=False))
            hdus = survey_hdus.find(file)
            planes.append(_Planes(file, hdus["SCI"], hdus.get("MASK")))
        yield planes
