"""What a file of data must be: its parts, their shapes, types and values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch

from skyloom.clusters.bands import BANDS
from skyloom.clusters.data.tiles import Key
from skyloom.io.errors import InputError

DTYPES = {"float32": torch.float32, "float16": torch.float16}
REMEDY = "make it again: delete it and run the workflow"
FRACTIONS = ("locs", "center_locs")
Wrong = Iterator[tuple[str, str, str]]  # where, the problem, what is expected


def check(path: str | Path, data: object, size: int, need: Mapping[str, Key]) -> None:
    """Refuse what a file holds if it is not `size` data with the keys they need.

    Other keys are not looked at. InputError names the first datum and key that is
    wrong.
    """
    # What follows the first problem may not be read: the loop ends with it.
    for where, problem, expected in _wrong(data, size, need):
        raise InputError(path, problem, where=where, expected=expected, remedy=REMEDY)


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
