"""Turning, mirroring and shifting fields, images and maps together.

A batch is that of `skyloom.clusters.data.stream.collate`. The eight elements of the
dihedral group are numbered: 0 to 3 are that many quarter turns of `torch.rot90`, 4 to
7 the same after a mirroring along X.

Shifts are by whole tiles: which tile a source falls in after a smaller one cannot be
told from its map.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from skyloom.clusters.data.tiles import KEYS

ELEMENTS = tuple(range(8))
PRESENT = {"locs": "n_sources", "center_locs": "center"}  # positions, and if any
Batch = Mapping[str, torch.Tensor]


def inverse(element: int) -> int:
    """Return the element of the dihedral group that undoes another."""
    return element if element >= 4 else -element % 4


def turned(batch: Batch, element: int) -> dict[str, torch.Tensor]:
    """Return a batch with every field turned or mirrored by one element.

    Fractions of tiles and shears move with the pixels; no brightness changes.

    Parameters
    ----------
    batch : dict of str to tensor
        Images and any of the maps.
    element : int
        0 to 7.

    Raises
    ------
    ValueError
        An unknown element or key.

    Notes
    -----
    Shear has spin 2: a quarter turn changes the sign of both components, a mirroring
    along X that of g2 (Bartelmann & Schneider 2001, Phys. Rep. 340, 291, sect. 4.2).
    """
    _check(batch)
    if element not in ELEMENTS:
        msg = f"element {element!r}: expected 0 to 7"
        raise ValueError(msg)
    mirrored, quarters = element >= 4, element % 4
    moved = {key: _moved(key, v, mirrored, quarters) for key, v in batch.items()}
    for key, present in PRESENT.items():
        if key in moved:
            there = moved[present].bool().reshape(*moved[present].shape[:3], 1, 1)
            fraction = _turned_fraction(moved[key], mirrored, quarters)
            moved[key] = torch.where(there, fraction, moved[key])
    if "galaxy_params" in moved:
        moved["galaxy_params"] = _sheared(moved["galaxy_params"], mirrored, quarters)
    return moved


def shifted(
    batch: Batch, rows: int, columns: int, *, blank: bool = False
) -> dict[str, torch.Tensor]:
    """Return a batch with every field moved by whole tiles.

    What leaves at one edge enters at the other, where tiles are no longer valid.

    Parameters
    ----------
    batch : dict of str to tensor
        Images and maps; ``valid`` is one of them.
    rows, columns : int
        Tiles to move by, along Y and along X.
    blank : bool
        Set the pixels that entered to 0, as masked ones are. Otherwise a cluster cut
        by the edge reappears next to tiles whose maps know nothing of it.

    Raises
    ------
    ValueError
        An unknown key, or no ``valid``.
    """
    _check(batch)
    if "valid" not in batch:
        msg = "the batch has no 'valid' to mark the tiles that entered in"
        raise ValueError(msg)
    stayed = _stayed(batch["valid"], rows, columns)
    moved = {
        key: torch.roll(
            v, (rows * _side(batch, key), columns * _side(batch, key)), axes
        )
        for key, v in batch.items()
        for axes in [_axes(key)]
    }
    moved["valid"] = moved["valid"] & stayed
    if blank and "images" in moved:
        side = _side(batch, "images")
        pixels = stayed.repeat_interleave(side, 0).repeat_interleave(side, 1)
        moved["images"] = moved["images"] * pixels
    return moved


def augmented(
    batch: Batch,
    draw: np.random.Generator,
    *,
    turn: bool = True,
    shift: int = 0,
) -> dict[str, torch.Tensor]:
    """Return a batch with each field turned, mirrored and shifted by chance.

    Parameters
    ----------
    batch : dict of str to tensor
        Images and maps.
    draw : numpy.random.Generator
        ``rng(seed, "augment", epoch, step)`` gives the same on resuming.
    turn : bool
        Draw one of the eight elements; of the four without quarter turns where fields
        are not square.
    shift : int
        Draw shifts of up to so many tiles along each axis; what enters is blank.
    """
    rows, columns = _grid(batch)
    elements = ELEMENTS if rows == columns else ELEMENTS[::2]
    fields = []
    for i in range(len(next(iter(batch.values())))):
        field = {key: v[i : i + 1] for key, v in batch.items()}
        if turn:
            field = turned(field, int(draw.choice(elements)))
        if shift:
            by = draw.integers(-shift, shift, size=2, endpoint=True)
            field = shifted(field, *by.tolist(), blank=True)
        fields.append(field)
    return {key: torch.cat([field[key] for field in fields]) for key in batch}


def _moved(key: str, values: torch.Tensor, mirrored: bool, quarters: int):
    axes = _axes(key)
    values = values.flip(axes[1]) if mirrored else values
    return torch.rot90(values, quarters, axes)


def _turned_fraction(place: torch.Tensor, mirrored: bool, quarters: int):
    row, column = place.unbind(-1)
    column = 1 - column if mirrored else column
    for _ in range(quarters):
        row, column = 1 - column, row
    return torch.stack([row, column], dim=-1)


def _sheared(params: torch.Tensor, mirrored: bool, quarters: int) -> torch.Tensor:
    turn = -1.0 if quarters % 2 else 1.0
    signs = [1.0, turn, -turn if mirrored else turn, 1.0]
    return params * params.new_tensor(signs)


def _stayed(valid: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """Return which tiles of the grid hold what did not wrap, shape (rows, columns)."""
    height, width = valid.shape[1:]
    row = torch.arange(height, device=valid.device)[:, None] - rows
    column = torch.arange(width, device=valid.device) - columns
    inside = (row >= 0) & (row < height)
    return inside & (column >= 0) & (column < width)


def _axes(key: str) -> tuple[int, int]:
    return (2, 3) if key == "images" else (1, 2)


def _grid(batch: Batch) -> tuple[int, int]:
    key = next(key for key in batch if key != "images")
    return tuple(batch[key].shape[1:3])


def _side(batch: Batch, key: str) -> int:
    """Return how many elements of an array one tile takes along an axis."""
    return batch[key].shape[_axes(key)[0]] // _grid(batch)[0]


def _check(batch: Batch) -> None:
    unknown = sorted(set(batch) - set(KEYS) - {"images"})
    missing = [p for key, p in PRESENT.items() if key in batch and p not in batch]
    if unknown or missing:
        msg = f"unknown keys {unknown}, missing keys {missing}: cannot move the batch"
        raise ValueError(msg)
