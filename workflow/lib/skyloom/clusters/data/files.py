"""Files of training data: a list of tile catalogues and images, as the seed has them.

``file_data_{k}_size_{n}.pt`` holds n data: ``{"tile_catalog": {...}, "images": ...}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from skyloom.clusters.data.checks import DTYPES, REMEDY, check
from skyloom.clusters.data.tiles import KEYS
from skyloom.io.errors import InputError
from skyloom.learn.tensors import own, read_tensors, write_tensors

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
    data = read_tensors(path, REMEDY)
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
