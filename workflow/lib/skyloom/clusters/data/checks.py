"""What a file of data must be: its parts, their shapes, types and values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import torch

from skyloom.clusters.bands import BANDS
from skyloom.clusters.data.tiles import Key
from skyloom.io.errors import InputError

DTYPES = {"float32": torch.float32, "float16": torch.float16}
REMEDY = "make it again: delete it and run the workflow"
FRACTIONS = ("locs", "center_locs")


def check(path: str | Path, data: object, size: int, need: Mapping[str, Key]) -> None:
    """Refuse what a file holds if it is not `size` data with the keys they need.

    Other keys are not looked at. InputError names the first datum and key that is
    wrong.
    """
    if not need:
        msg = "no keys are needed: expected at least one"
        raise ValueError(msg)
    if not isinstance(data, list):
        _refuse(path, "", f"a {type(data).__name__}", "a list of data")
    if len(data) != size:
        _refuse(path, "", f"{len(data)} data", f"{size}, as in the name")
    for i, one in enumerate(data):
        _check_datum(path, f"datum {i}", one, need)
        if one["images"].shape != data[0]["images"].shape:
            wanted = f"that of datum 0, {tuple(data[0]['images'].shape)}"
            _refuse(path, f"datum {i}", _shape(one["images"]), wanted)
        if _grid(one, need) != _grid(data[0], need):
            problem = f"{_grid(one, need)} tiles"
            _refuse(path, f"datum {i}", problem, f"{_grid(data[0], need)} of datum 0")


def _check_datum(path, where: str, one: object, need: Mapping) -> None:
    if not isinstance(one, dict):
        _refuse(path, where, f"a {type(one).__name__}", "a dict")
    images = _member(path, where, one, "images", torch.Tensor)
    catalog = _member(path, where, one, "tile_catalog", dict)
    for key in need:
        _member(path, f"{where}, tile_catalog", catalog, key, torch.Tensor)
    for key, wanted in need.items():
        _check_map(path, f"{where}, key {key!r}", catalog[key], wanted)
        _check_values(path, f"{where}, key {key!r}", key, catalog[key])
    _check_grids(path, where, catalog, need)
    _check_images(path, f"{where}, images", images, _grid(one, need))


def _member(path, where: str, holder: dict, key: str, kind: type):
    if key not in holder:
        problem, wanted = f"missing key {key!r}", f"it among {sorted(map(str, holder))}"
        _refuse(path, where, problem, wanted)
    if not isinstance(holder[key], kind):
        problem = f"{key!r} is a {type(holder[key]).__name__}"
        _refuse(path, where, problem, f"a {kind.__name__}")
    return holder[key]


def _check_map(path, where: str, values: torch.Tensor, wanted) -> None:
    axes = tuple(values.shape[2:])
    if values.ndim < 2 or axes != wanted.axes or not values.numel():
        expected = ", ".join(["rows", "columns", *map(str, wanted.axes)])
        _refuse(path, where, _shape(values), f"({expected})")
    if values.dtype != wanted.dtype:
        _refuse(path, where, f"dtype {values.dtype}", str(wanted.dtype))


def _check_values(path, where: str, key: str, values: torch.Tensor) -> None:
    if values.is_floating_point() and not values.isfinite().all():
        _refuse(path, where, "a value that is not finite", "finite numbers")
    if key in FRACTIONS and not ((values >= 0) & (values <= 1)).all():
        _refuse(path, where, "a position outside its tile", "fractions in 0..1")
    if values.dtype == torch.int64 and (values < 0).any():
        _refuse(path, where, "a negative count", "counts from 0 on")


def _check_grids(path, where: str, catalog: Mapping, need: Mapping) -> None:
    grids = {key: tuple(catalog[key].shape[:2]) for key in need}
    first = next(iter(grids))
    for key, grid in grids.items():
        if grid != grids[first]:
            wanted = f"{grids[first]} as of {first!r}"
            _refuse(path, f"{where}, key {key!r}", f"a grid of {grid} tiles", wanted)


def _check_images(path, where: str, images: torch.Tensor, grid: tuple) -> None:
    if images.ndim != 3 or len(images) != len(BANDS):
        wanted = f"({len(BANDS)}, height, width)"
        _refuse(path, where, _shape(images), wanted)
    if images.dtype not in DTYPES.values():
        _refuse(path, where, f"dtype {images.dtype}", " or ".join(DTYPES))
    sides = {
        (n // tiles, n % tiles) for n, tiles in zip(images.shape[1:], grid, strict=True)
    }
    if len(sides) > 1 or sides == {(0, 0)} or any(rest for _, rest in sides):
        _refuse(path, where, _shape(images), f"square tiles on a grid of {grid}")
    if not images.isfinite().all():
        bands = [
            b
            for b, image in zip(BANDS, images, strict=True)
            if not image.isfinite().all()
        ]
        problem = f"pixels that are not finite in {', '.join(bands)}"
        _refuse(path, where, problem, "finite counts")


def _grid(one: Mapping, need: Mapping) -> tuple[int, int]:
    return tuple(one["tile_catalog"][next(iter(need))].shape[:2])


def _shape(values: torch.Tensor) -> str:
    return f"shape {tuple(values.shape)}"


def _refuse(path, where: str, problem: str, expected: str) -> NoReturn:
    raise InputError(path, problem, where=where, expected=expected, remedy=REMEDY)
