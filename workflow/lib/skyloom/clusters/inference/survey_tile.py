"""A survey tile: an image of each band of one piece of sky, read window by window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from astropy.wcs import WCS

from skyloom.clusters.bands import ZERO_POINT
from skyloom.clusters.data.files import block_mean
from skyloom.clusters.images.survey import (
    SurveyInfo,
    find_hdus,
    good_pixels,
    inspect_survey_image,
)
from skyloom.clusters.inference.windows import WindowSettings
from skyloom.io.errors import InputError
from skyloom.io.fits import FitsFile, opened

BLOCK_ROWS = 256  # rows read at once; one row of our files' compressed tiles
STRIP = 4  # windows side by side that are read in one pass
SAME_PLACE = 0.1  # px by which the bands' coordinates may differ
REMEDY = "make the images of all bands again with the same settings"


@dataclass(frozen=True)
class SurveyTile:
    """What the headers of a survey tile say."""

    name: str
    paths: Mapping[str, Path]  # by band, in the order of the channels
    shape: tuple[int, int]  # (ny, nx) [px]
    wcs: WCS
    factor: float  # what pixels are multiplied by to have zero point 30


def open_survey_tile(paths: Mapping[str, str | Path], name: str = "") -> SurveyTile:
    """Check the images of a survey tile, by band, and that they belong together.

    Checksums are verified; no pixel is unpacked.

    Raises
    ------
    InputError
        A file that is damaged, no survey image, or that of another band, or bands
        whose shape, coordinates or zero point differ.
    """
    files = {band: Path(path) for band, path in paths.items()}
    infos = {band: inspect_survey_image(path) for band, path in files.items()}
    first, path = next(iter(infos.values())), next(iter(files.values()))
    for band, info in infos.items():
        found = str(info.header.get("BAND", band)).strip()
        if found != band:
            raise InputError(files[band], f"BAND = {found!r}", expected=f"{band!r}")
        _compare(files[band], info, path, first)
    factor = 10 ** (0.4 * (ZERO_POINT - first.zero_point))
    return SurveyTile(name, files, first.shape, first.wcs, factor)


def _compare(path: Path, info: SurveyInfo, other: Path, first: SurveyInfo) -> None:
    """Refuse a band that differs from the first one."""
    ny, nx = first.shape
    corners = np.array([(0, 0), (nx - 1, 0), (0, ny - 1), (nx - 1, ny - 1)], float)
    sky = first.wcs.all_pix2world(corners, 0)
    # Linear: of coordinates elsewhere, distortions are not to be inverted.
    apart = np.abs(info.wcs.wcs_world2pix(sky, 0) - first.wcs.wcs_world2pix(sky, 0))
    if info.shape != first.shape:
        problem, expected = f"shape {info.shape}", f"{first.shape}, that of {other}"
    elif info.zero_point != first.zero_point:
        problem = f"zero point {info.zero_point}"
        expected = f"{first.zero_point}, that of {other}"
    elif not apart.max() < SAME_PLACE:
        problem = f"world coordinates {apart.max():.2g} px apart"
        expected = f"those of {other} within {SAME_PLACE} px"
    else:
        return
    raise InputError(path, problem, expected=expected, remedy=REMEDY)


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
    with ExitStack() as stack:
        files = [
            stack.enter_context(opened(p, verify=False)) for p in tile.paths.values()
        ]
        planes = [(file, find_hdus(file)) for file in files]
        for y, x in group:
            strip, top = strip[:, (y - top) // pool :], y
            start = max(end, y)
            if start < y + settings.window:
                end = y + settings.window
                new = _read_rows(tile, planes, (start, end), columns, pool)
                strip = np.concatenate([strip, new], axis=1)
            column = (x - x0) // pool
            yield (y, x), strip[:, :size, column : column + size].copy()


def _read_rows(tile: SurveyTile, planes: list, rows, columns, pool: int) -> np.ndarray:
    """Return pooled rows of all bands, NaN outside of the tile."""
    # Edges on a grid of their own: no row of compressed tiles is unpacked twice.
    step = max(BLOCK_ROWS // pool, 1) * pool
    edges = [rows[0], *range(rows[0] // step * step + step, rows[1], step), rows[1]]
    result = []
    for file, hdus in planes:
        means = [
            pooled(*_block(file, hdus, rows, columns, tile.shape), pool)
            for rows in pairwise(edges)
        ]
        result.append(np.concatenate(means))
    return np.stack(result) * np.float32(tile.factor)


def _block(file: FitsFile, hdus: dict, rows, columns, shape) -> tuple:
    """Return pixels, and which of them are good; none is outside of the tile."""
    starts, ends = zip(rows, columns, strict=True)
    image = np.zeros(np.subtract(ends, starts), np.float32)
    good = np.zeros(image.shape, bool)
    first, last = (np.clip(edge, 0, shape) for edge in (starts, ends))
    window = tuple(map(slice, first, last))
    place = tuple(map(slice, first - starts, last - starts))
    if image[place].size:
        image[place] = file.pixels(hdus["SCI"], window=window)
        mask = file.pixels(hdus["MASK"], window=window) if "MASK" in hdus else None
        good[place] = good_pixels(file.path, image[place], mask)
    return image, good
