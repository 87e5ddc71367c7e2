"""Turning and mirroring fields, images and maps together.

A batch is that of `skyloom.clusters.data.stream.collate`. The eight elements of the
dihedral group are numbered: 0 to 3 are that many quarter turns of `torch.rot90`, 4 to
7 the same after a mirroring along X.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

ELEMENTS = tuple(range(8))
PRESENT = {"locs": "n_sources", "center_locs": "center"}  # positions, and if any
Batch = Mapping[str, torch.Tensor]


def turned(batch: Batch, element: int) -> dict[str, torch.Tensor]:
    """Return a batch with every field turned or mirrored by one element.

    Fractions of tiles and shears move with the pixels; no brightness changes.

    Shear has spin 2: a quarter turn changes the sign of both components, a mirroring
    along X that of g2 (Bartelmann & Schneider 2001, Phys. Rep. 340, 291, sect. 4.2).
    """
    mirrored, quarters = element >= 4, element % 4
    moved = {}
    for key, values in batch.items():
        rows, columns = (2, 3) if key == "images" else (1, 2)
        seen = values.flip(columns) if mirrored else values
        moved[key] = torch.rot90(seen, quarters, (rows, columns))
    for key, present in PRESENT.items():
        if key in moved:
            there = moved[present].bool().reshape(*moved[present].shape[:3], 1, 1)
            fraction = _turned_fraction(moved[key], mirrored, quarters)
            moved[key] = torch.where(there, fraction, moved[key])
    if "galaxy_params" in moved:
        turn = -1.0 if quarters % 2 else 1.0
        signs = [1.0, turn, -turn if mirrored else turn, 1.0]
        moved["galaxy_params"] *= batch["galaxy_params"].new_tensor(signs)
    return moved


def augmented(batch: Batch, draw: np.random.Generator) -> dict[str, torch.Tensor]:
    """Return a batch with each field turned and mirrored by chance.

    By one of the eight elements; of the four without quarter turns where fields are
    not square.
    """
    rows, columns = batch["images"].shape[2:]
    elements = ELEMENTS if rows == columns else ELEMENTS[::2]
    fields = []
    for i in range(len(batch["images"])):
        field = {key: v[i : i + 1] for key, v in batch.items()}
        fields.append(turned(field, int(draw.choice(elements))))
    return {key: torch.cat([field[key] for field in fields]) for key in batch}


def _turned_fraction(place: torch.Tensor, mirrored: bool, quarters: int):
    row, column = place.unbind(-1)
    column = 1 - column if mirrored else column
    for _ in range(quarters):
        row, column = 1 - column, row
    return torch.stack([row, column], dim=-1)
