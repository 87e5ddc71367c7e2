"""Files of training data: a list of tile catalogues and images, as the seed has them.

``file_data_{k}_size_{n}.pt`` holds n data: ``{"tile_catalog": {...}, "images": ...}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from skyloom.clusters.bands import BANDS
from skyloom.clusters.data.tiles import KEYS, Key
from skyloom.io.errors import REMADE, InputError
from skyloom.learn.tensors import own, read_tensors, write_tensors

DTYPES = {"float32": torch.float32, "float16": torch.float16}
FRACTIONS = ("locs", "center_locs")
Wrong = Iterator[tuple[str, str, str]]  # where, the problem, what is expected
NAME = re.compile(r"file_data_(0|[1-9]\d*)_size_([1-9]\d*)\.pt", re.ASCII)


def numbers_of(path: str | Path) -> tuple[int, int]:
    """Return what a file's name says: its number, and how many data it holds."""
    found = NAME.fullmatch(Path(path).name)
    if not found:
        expected = "file_data_{k}_size_{n}.pt, with n data from 1 on"
        remedy = "name the file by its number and the number of its data"
        problem = "not a name of file data"
        raise InputError(path, problem, expected=expected, remedy=remedy)
    return int(found[1]), int(found[2])


def block_mean(
    image: np.ndarray, pool: int, good: np.ndarray | None = None
) -> np.ndarray:
    """Return float32 means over the good pixels of blocks of pool x pool.

    Of an image (..., height, width), of which ``good`` (height, width) says which
    pixels count; 0 where none does.
    """
    if good is None or good.all():
        return _block_sums(image, pool) / np.float32(pool**2)
    count = _block_sums(good.astype(np.float32), pool)
    total = _block_sums(np.where(good, image, np.float32(0)), pool)
    return total / np.maximum(count, 1)


def datum(
    images: np.ndarray,
    catalog: Mapping[str, torch.Tensor],
    pool: int = 1,
    good: np.ndarray | None = None,
) -> dict:
    """Return one datum: the maps of `tile_catalog`, and images, pooled (`block_mean`).

    Images are (bands, height, width), counts, in the order of `BANDS`.
    """
    pooled = torch.from_numpy(block_mean(images, pool, good))
    return {"tile_catalog": dict(catalog), "images": pooled}


def write_file_data(
    path: str | Path, data: Sequence[Mapping], dtype: str = "float32"
) -> None:
    """Write data, whole or not at all; the same data give the same bytes.

    Images are float32, or float16: half as large, it rounds to 1 part in 2,000 and
    saturates at 65,504 counts a pixel.
    InputError for data that `read_file_data` would refuse.
    """
    check(path, list(data), numbers_of(path)[1], KEYS)
    write_tensors(path, [_plain(one, DTYPES[dtype]) for one in data])


def read_file_data(path: str | Path, need: Iterable[str] = KEYS) -> list[dict]:
    """Read data, and check that they are what they should be.

    Parameters
    ----------
    need : iterable of str
        Keys of the tile catalogues to return. With those of `SEED_KEYS` the seed's own
        files can be read; in those all keys but ``membership`` are transposed.

    Returns
    -------
    list of dict
        ``tile_catalog``: tensors with the shapes and types of `KEYS`; ``images``:
        float32 or float16, shape (bands, height, width).

    Raises
    ------
    InputError
        No file, damaged, a pickled object, not n data, a key that is missing, or of
        another shape or type, a value that is not finite or cannot be.
    """
    _, size = numbers_of(path)
    need = {key: KEYS[key] for key in need}
    data = read_tensors(path, REMADE)
    check(path, data, size, need)
    maps = [{key: one["tile_catalog"][key] for key in need} for one in data]
    return [
        {"tile_catalog": some, "images": one["images"]}
        for some, one in zip(maps, data, strict=True)
    ]


def _plain(one: Mapping, kind: torch.dtype) -> dict:
    """Return a datum whose bytes depend on its values only: no views, one order."""
    most = torch.finfo(kind).max
    images = one["images"].clamp(-most, most).to(kind)
    catalog = {key: own(one["tile_catalog"][key]) for key in KEYS}
    return {"tile_catalog": catalog, "images": own(images)}


def _block_sums(image: np.ndarray, pool: int) -> np.ndarray:
    *lead, height, width = image.shape
    # Rows first: long contiguous sums are fast, and leave little for the columns.
    rows = image.reshape(*lead, height // pool, pool, width)
    rows = rows.sum(axis=-2, dtype=np.float32)
    return rows.reshape(*rows.shape[:-1], width // pool, pool).sum(axis=-1)


def check(path: str | Path, data: object, size: int, need: Mapping[str, Key]) -> None:
    """Refuse what a file holds if it is not `size` data with the keys they need.

    Other keys are not looked at. InputError names the first datum and key that is
    wrong.
    """
    # What follows the first problem may not be read: the loop ends with it.
    for where, problem, expected in _wrong(data, size, need):
        raise InputError(path, problem, where=where, expected=expected, remedy=REMADE)


def _wrong(data: object, size: int, need: Mapping[str, Key]) -> Wrong:
    if not isinstance(data, list):
        yield "", f"a {type(data).__name__}", "a list of data"
    if len(data) != size:
        yield "", f"{len(data)} data", f"{size}, as in the name"
    for i, one in enumerate(data):
        yield from _wrong_datum(f"datum {i}", one, need)
        shape, wanted = one["images"].shape, data[0]["images"].shape
        if shape != wanted:
            yield f"datum {i}", _shape(shape), f"that of datum 0, {tuple(wanted)}"
        grid, wanted = _grid(one, need), _grid(data[0], need)
        if grid != wanted:
            yield f"datum {i}", f"{grid} tiles", f"{wanted} of datum 0"


def _wrong_datum(where: str, one: object, need: Mapping[str, Key]) -> Wrong:
    if not isinstance(one, dict):
        yield where, f"a {type(one).__name__}", "a dict"
    yield from _wrong_member(where, one, "images", torch.Tensor)
    yield from _wrong_member(where, one, "tile_catalog", dict)
    catalog = one["tile_catalog"]
    for key, wanted in need.items():
        yield from _wrong_member(f"{where}, tile_catalog", catalog, key, torch.Tensor)
        for wrong in _wrong_map(key, catalog[key], wanted):
            yield f"{where}, key {key!r}", *wrong
        first, grid = _grid(one, need), tuple(catalog[key].shape[:2])
        if grid != first:
            expected = f"{first} as of {next(iter(need))!r}"
            yield f"{where}, key {key!r}", f"a grid of {grid} tiles", expected
    for wrong in _wrong_images(one["images"], _grid(one, need)):
        yield f"{where}, images", *wrong


def _wrong_member(where: str, holder: Mapping, key: str, kind: type) -> Wrong:
    if key not in holder:
        yield where, f"missing key {key!r}", f"it among {sorted(map(str, holder))}"
    if not isinstance(holder[key], kind):
        problem = f"{key!r} is a {type(holder[key]).__name__}"
        yield where, problem, f"a {kind.__name__}"


def _wrong_map(key: str, values: torch.Tensor, wanted: Key) -> Iterator:
    if values.ndim < 2 or values.shape[2:] != wanted.axes or not values.numel():
        axes = ", ".join(["rows", "columns", *map(str, wanted.axes)])
        yield _shape(values.shape), f"({axes})"
    if values.dtype != wanted.dtype:
        yield f"dtype {values.dtype}", str(wanted.dtype)
    if not values.isfinite().all():
        yield "a value that is not finite", "finite numbers"
    if key in FRACTIONS and not ((values >= 0) & (values <= 1)).all():
        yield "a position outside its tile", "fractions in 0..1"
    if values.dtype == torch.int64 and (values < 0).any():
        yield "a negative count", "counts from 0 on"


def _wrong_images(images: torch.Tensor, grid: tuple[int, int]) -> Iterator:
    if images.ndim != 3 or len(images) != len(BANDS):
        yield _shape(images.shape), f"({len(BANDS)}, height, width)"
    if images.dtype not in DTYPES.values():
        yield f"dtype {images.dtype}", " or ".join(DTYPES)
    side = images.shape[1] // grid[0]
    if side == 0 or images.shape[1:] != (side * grid[0], side * grid[1]):
        yield _shape(images.shape), f"square tiles on a grid of {grid}"
    bad = [b for b, x in zip(BANDS, images, strict=True) if not x.isfinite().all()]
    if bad:
        yield f"pixels that are not finite in {', '.join(bad)}", "finite counts"


def _grid(one: Mapping, need: Mapping) -> tuple[int, int]:
    return tuple(one["tile_catalog"][next(iter(need))].shape[:2])


def _shape(shape: torch.Size) -> str:
    return f"shape {tuple(shape)}"
