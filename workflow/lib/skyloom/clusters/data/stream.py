"""Data from many files, a few files in memory at a time, in an order of its own.

A file is read once an epoch and worker, or once for all where they are few and no
other process reads: files come in a random order, and so do the data within each. What
an epoch's order is follows from the seed and the epoch alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler, get_worker_info

from skyloom.clusters.data.files import numbers_of, read_file_data
from skyloom.clusters.data.tiles import KEYS
from skyloom.io.errors import InputError
from skyloom.run.seeds import rng

Batch = dict[str, torch.Tensor]
KEPT = 2**29  # bytes of pixels up to which files are kept for the next epoch


class FileData(Dataset):
    """Data of files, with the keys of the tile catalogues that are needed.

    A list of places, over all files in their order, gives a batch of `collate`.
    """

    def __init__(self, paths: Sequence[str | Path], *, need: Iterable[str] = KEYS):
        self.paths, self.need = [Path(path) for path in paths], tuple(need)
        self.ends = np.cumsum(_sizes(self.paths), dtype=int)
        self._read: dict[Path, list[dict]] = {}
        self._first: tuple[Path, dict] | None = None

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def __getitem__(self, places: Sequence[int]) -> Batch:
        return collate([self._datum(place) for place in places])

    def _datum(self, place: int) -> dict:
        i = int(np.searchsorted(self.ends, place, side="right"))
        data = self._read.get(self.paths[i]) or self._file(self.paths[i])
        return data[place - int(self.ends[i])]  # negative: from the end

    def _file(self, path: Path) -> list[dict]:
        held = [one["images"].nbytes for data in self._read.values() for one in data]
        # Readers in processes of their own hold one file each: together they are many.
        if get_worker_info() is not None or sum(held) > KEPT:
            self._read.clear()  # before the next is read
        data = self._read[path] = read_file_data(path, self.need)
        shapes = {k: tuple(v.shape) for k, v in collate(data[:1]).items()}
        self._first = self._first or (path, shapes)
        other, wanted = self._first
        key = next((k for k in wanted if shapes[k] != wanted[k]), None)
        if key is not None:
            problem, where = f"shape {shapes[key][1:]}", f"key {key!r}"
            expected = f"{wanted[key][1:]}, as in {other.name}"
            remedy = "make all files with the same field size, tile and pool"
            raise InputError(
                path, problem, where=where, expected=expected, remedy=remedy
            )
        return data


class BatchOrder(Sampler):
    """The batches of an epoch: places in `FileData` of the same files, one by one.

    Batches are the same for any number of ranks and workers; those of one rank follow
    each other, and so do those of one worker, so that each file is read by few.

    Parameters
    ----------
    batch : int
        Data to a batch; the last may have fewer.
    seed : int
        The run's.
    shuffle : bool
        False keeps the order of the list in every epoch.
    rank, world : int
        This process and how many there are. All get equally many batches: some come
        twice where they do not divide.
    workers : int
        How many processes of this rank read; 0 and 1 are the same.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        batch: int,
        seed: int,
        *,
        shuffle: bool = True,
        rank: int = 0,
        world: int = 1,
        workers: int = 0,
    ):
        self.sizes = _sizes(paths)
        self.batch, self.seed, self.shuffle = batch, seed, shuffle
        self.rank, self.world, self.workers = rank, world, max(workers, 1)
        self.batches = math.ceil(sum(self.sizes) / batch)
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Go to an epoch: the first is 0. Lightning calls this, on resuming too."""
        self.epoch = int(epoch)

    def __len__(self) -> int:
        return math.ceil(self.batches / self.world)

    def __iter__(self) -> Iterator[list[int]]:
        places = self._places()
        share = (np.arange(len(self)) + self.rank * len(self)) % self.batches
        for i in share[dealt(len(share), self.workers)]:
            yield places[i * self.batch : (i + 1) * self.batch].tolist()

    def _places(self) -> np.ndarray:
        if not self.shuffle:
            return np.arange(sum(self.sizes))
        draw = rng(self.seed, "order of data", self.epoch)
        starts = np.cumsum([0, *self.sizes])
        files = draw.permutation(len(self.sizes))
        each = [starts[i] + draw.permutation(self.sizes[i]) for i in files]
        return np.concatenate(each)


def collate(data: Sequence[Mapping]) -> Batch:
    """Return data of `read_file_data`, of equal shapes, as a batch: by names, stacked.

    ``images``, float32, shape (batch, bands, height, width), and each key of the tile
    catalogues, shape (batch, rows, columns, ...).
    """
    flat = [{"images": one["images"].float(), **one["tile_catalog"]} for one in data]
    return {key: torch.stack([one[key] for one in flat]) for key in flat[0]}


def dealt(n: int, workers: int) -> np.ndarray:
    """Return an order of n batches that gives each worker a run of successive ones.

    A DataLoader hands batches to its workers in turn; in this order, worker w's are
    the w-th part of the list.
    """
    turn, worker = np.divmod(np.arange(n), workers)
    firsts = np.cumsum([0, *map(len, np.array_split(np.arange(n), workers))])
    return firsts[worker] + turn


def _sizes(paths: Sequence[str | Path]) -> list[int]:
    return [numbers_of(path)[1] for path in paths]
