"""Pictures and maps of marks of chunks, mapped from the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from skyloom.io.errors import InputError, existing_file
from skyloom.spirals.dataset.images import ASKED, Pictures
from skyloom.spirals.questions import columns

REMEDY = "delete it and run the workflow"


class Packed(Pictures):
    """Galaxies of a table, by row.

    Parameters
    ----------
    table : DataFrame
        As `skyloom.spirals.catalogue.galaxies` makes it.
    packs : sequence of tuple of (mapping, path, path)
        Of each chunk: its galaxies, by name in the order of the arrays; pictures uint8
        (n, size, size, 3), row 0 south; counts float16 (n, 2, size, size).
    """

    def __init__(
        self, table: pd.DataFrame, packs: Sequence[tuple[Mapping, Path, Path]]
    ):
        self.names = table["name"].tolist()
        self.asked = torch.tensor(table[list(ASKED)].to_numpy(np.float32))
        self.votes = torch.tensor(table[columns()].to_numpy(np.float32))
        self._kept: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self._places: dict[str, tuple[np.ndarray, np.ndarray, int]] = {}
        for names, images, counts in packs:
            arrays = (mapped(images, len(names)), mapped(counts, len(names)))
            self._places |= {name: (*arrays, i) for i, name in enumerate(names)}
        absent = [name for name in self.names if name not in self._places]
        if absent:
            msg = f"{absent[0]} is in the table of galaxies, and in no chunk"
            raise ValueError(msg)
        first = next(iter(self._places.values()))[0]
        self.size = first.shape[1]

    def image(self, row: int) -> np.ndarray:
        """Return the picture of a row, uint8 (size, size, 3)."""
        images, _, i = self._places[self.names[row]]
        return np.array(images[i])

    def counts(self, row: int) -> np.ndarray:
        """Return how many volunteers marked each pixel, float32 (2, size, size)."""
        _, counts, i = self._places[self.names[row]]
        return np.array(counts[i], np.float32)

    def read(self, row: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a galaxy's image (3, size, size) and its maps of counts."""
        images, counts, i = self._places[self.names[row]]
        image = np.ascontiguousarray(images[i].transpose(2, 0, 1))
        return torch.tensor(image), torch.tensor(np.array(counts[i]))


def mapped(path: str | Path, number: int) -> np.ndarray:
    """Return an array of galaxies, mapped from its file; InputError if it is none."""
    path = existing_file(path)
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as bad:  # numpy evaluates a damaged header
        problem = f"not a readable npy file ({bad})"
        raise InputError(path, problem, remedy=REMEDY) from None
    if array.ndim != 4 or len(array) != number:
        problem, expected = f"shape {array.shape}", f"{number} galaxies on 4 axes"
        raise InputError(path, problem, expected=expected, remedy=REMEDY)
    return array
