"""The pictures, maps of marks and votes of a table's galaxies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.utils.data import Dataset, Sampler

from skyloom.io.errors import InputError, existing_file
from skyloom.io.record import digest_of
from skyloom.run.seeds import rng
from skyloom.spirals.questions import columns
from skyloom.spirals.segmaps.marks import KINDS

KEPT = 2**31  # bytes of pixels up to which all galaxies are kept in memory
LEAST = 0.25  # share of a batch that has marks, where any galaxy has
# Whether maps and whether votes are learned. Here, as Lightning is slow to start.
HEADS = {
    "joint": (True, True),
    "segmentation": (True, False),
    "pretrained": (True, False),  # started from a network that restored pictures
    "votes": (False, True),
}
ASKED = tuple(f"{kind}_asked" for kind in KINDS)
REMEDY = "delete it and run the workflow"
Pack = tuple[Iterable[str], Path, Path]
Batch = dict[str, torch.Tensor]
Request = tuple[tuple[int, int] | None, list[int]]  # (epoch, batch), rows


class Pictures(Dataset):
    """Galaxies of a table, by row.

    Parameters
    ----------
    table : DataFrame
        As `skyloom.spirals.catalogue.galaxies` makes it.
    packs : sequence of tuple of (iterable of str, path, path)
        Of each chunk: its galaxies in the order of the arrays; pictures uint8 (n, size,
        size, 3), row 0 south; counts of volunteers float16 (n, 2, size, size).

    Raises
    ------
    InputError
        An array that is damaged, or not of as many galaxies.
    """

    def __init__(self, table: pd.DataFrame, packs: Sequence[Pack]):
        self.names = table["name"].tolist()
        self.asked = torch.tensor(table[list(ASKED)].to_numpy(np.float32))
        self.votes = torch.tensor(table[columns()].to_numpy(np.float32))
        self._kept: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self._places: dict[str, tuple[int, int]] = {}
        self._files: list[tuple[Path, Path, int]] = []
        self._arrays: list[tuple[np.ndarray, np.ndarray]] = []
        for names, images, counts in packs:
            own = list(names)
            arrays = (mapped(images, len(own)), mapped(counts, len(own)))
            self._files.append((images, counts, len(own)))
            self._arrays.append(arrays)
            chunk = len(self._arrays) - 1
            self._places |= {name: (chunk, i) for i, name in enumerate(own)}
        absent = [name for name in self.names if name not in self._places]
        if absent:
            msg = f"{absent[0]} is in the table of galaxies, and in no chunk"
            raise ValueError(msg)
        self.size = self._arrays[0][0].shape[1]

    def __getstate__(self) -> dict:
        """Return what a reading process is given: no pixels, which it maps itself."""
        return self.__dict__ | {"_arrays": [], "_kept": {}}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._arrays = [
            (mapped(images, number), mapped(counts, number))
            for images, counts, number in self._files
        ]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, request: Request) -> Batch:
        """Return a batch of rows.

        ``image`` uint8 (batch, 3, size, size); ``counts`` float16 (batch, 2, size,
        size); ``asked`` (batch, 2) and ``votes`` (batch, answers), float32; ``row``;
        and ``key``, the epoch and number of the batch, if it is to be turned.
        """
        key, rows = request
        found = [self._kept.get(row) or self.read(row) for row in rows]
        images, counts = (torch.stack(part) for part in zip(*found, strict=True))
        batch = {"image": images, "counts": counts, "row": torch.tensor(rows)}
        batch |= {"asked": self.asked[rows], "votes": self.votes[rows]}
        return batch if key is None else batch | {"key": torch.tensor(key)}

    def keep(self, rows: Iterable[int]) -> bool:
        """Read galaxies once for all, if they fit into `KEPT`; tell whether they do."""
        rows = [row for row in rows if row not in self._kept]
        each = self.size**2 * (3 + 2 * len(KINDS))
        if (len(rows) + len(self._kept)) * each > KEPT:
            return False
        self._kept |= {row: self.read(row) for row in rows}
        return True

    def image(self, row: int) -> np.ndarray:
        """Return the picture of a row, uint8 (size, size, 3)."""
        chunk, i = self._places[self.names[row]]
        return np.array(self._arrays[chunk][0][i])

    def counts(self, row: int) -> np.ndarray:
        """Return how many volunteers marked each pixel, float32 (2, size, size)."""
        chunk, i = self._places[self.names[row]]
        return np.array(self._arrays[chunk][1][i], np.float32)

    def read(self, row: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a galaxy's image (3, size, size) and its maps of counts."""
        chunk, i = self._places[self.names[row]]
        images, counts = self._arrays[chunk]
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


class Order(Sampler):
    """The batches of an epoch, by the seed and the epoch alone.

    Galaxies with and without marks are spread evenly. Each comes once an epoch; where
    fewer than `LEAST` have marks, those come more often, so that no batch lacks maps.
    Heads that learn from some only are given the same batches, less the others.

    Parameters
    ----------
    rows : sequence of int
        Galaxies.
    marked, useful : ndarray of bool
        By row of the table: has it marks; is it learned from.
    batch, seed : int
        Galaxies to a batch, and the run's seed.
    turned : bool
        False: all once, in the order of the rows, to be looked at straight.
    rank, world : int
        This process and how many there are; all get equally many batches.
    """

    def __init__(
        self,
        rows: Iterable[int],
        marked: np.ndarray,
        useful: np.ndarray,
        batch: int,
        seed: int,
        *,
        turned: bool = True,
        rank: int = 0,
        world: int = 1,
    ):
        rows = np.asarray(list(rows), int)
        self.rows, self.marked, self.useful = rows, marked, useful
        self.batch, self.seed, self.turned = batch, seed, turned
        self.rank, self.world, self.epoch = rank, world, 0
        self.number = len(self._batches())
        if not self.number:
            msg = "no galaxy with what is to be learned: neither marks nor votes"
            raise ValueError(msg)

    def set_epoch(self, epoch: int) -> None:
        """Go to an epoch: the first is 0. Lightning calls this, on resuming too."""
        self.epoch = int(epoch)

    def __len__(self) -> int:
        return math.ceil(self.number / self.world)

    def __iter__(self) -> Iterator[Request]:
        batches = self._batches()
        for i in range(len(self)):
            place = (i * self.world + self.rank) % self.number
            key = (self.epoch, place) if self.turned else None
            # An epoch may have fewer batches of use than the first.
            yield key, batches[place % len(batches)]

    def _batches(self) -> list[list[int]]:
        rows = self._turn() if self.turned else self.rows[self.useful[self.rows]]
        parts = (rows[i : i + self.batch] for i in range(0, len(rows), self.batch))
        kept = (part[self.useful[part]].tolist() for part in parts)
        return [part for part in kept if part]

    def _turn(self) -> np.ndarray:
        draw = rng(self.seed, "order of galaxies", self.epoch)
        has = self.marked[self.rows]
        marked, others = self.rows[has], self.rows[~has]
        others = draw.permutation(others)
        wanted = math.ceil(len(others) * LEAST / (1 - LEAST))
        times = max(1, math.ceil(wanted / len(marked))) if len(marked) else 0
        often = [draw.permutation(marked) for _ in range(times)]
        kept = max(len(marked), wanted) if len(marked) else 0
        groups = (np.concatenate([others[:0], *often])[:kept], others)
        # Each group evenly from the first place to the last.
        places = [
            (np.arange(len(group)) + 0.5) / max(len(group), 1) for group in groups
        ]
        order = np.argsort(np.concatenate(places), kind="stable")
        return np.concatenate(groups)[order]


def with_masks(table: pd.DataFrame, number: int, seed: int) -> pd.DataFrame:
    """Return a table in which only some of the training galaxies have marks.

    Which, depends on the seed and each galaxy's name: of two numbers, the smaller
    one's galaxies are among the larger one's. Votes stay, and so do all other parts.

    Raises
    ------
    ValueError
        No more training galaxies than `number` have marks.
    """
    has = (table[list(ASKED)] > 0).any(axis=1) & (table["part"] == "train")
    if has.sum() <= number:
        msg = f"marks of {number} galaxies are wanted; {has.sum()} of those that "
        raise ValueError(msg + "train have any: lower spirals.compare.masks")
    names = table.loc[has, "name"]
    lots = names.map(lambda name: digest_of(["masks", seed, name]))
    hidden = lots.sort_values(kind="stable").index[number:]
    table = table.copy()
    table.loc[hidden, [*ASKED, "marks"]] = [0, 0, False]
    return table
