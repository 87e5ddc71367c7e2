"""Data from many files, one file in memory at a time, in an order of its own.

A file is read once an epoch and worker: files come in a random order, and so do the
data within each. What an epoch's order is follows from the seed and the epoch alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from skyloom.clusters.data.chunks import Chunk
from skyloom.clusters.data.files import read_file_data
from skyloom.clusters.data.tiles import KEYS
from skyloom.io.errors import InputError
from skyloom.run.seeds import rng

Batch = dict[str, torch.Tensor]


class FileData(Dataset):
    """Data of files by their place in the list; a list of places gives a batch.

    Parameters
    ----------
    chunks : sequence of Chunk
        What there is.
    need : iterable of str
        Keys of the tile catalogues, see `skyloom.clusters.data.files.read_file_data`.
    held : int
        How many files stay in memory.

    Raises
    ------
    ValueError
        No file may stay.
    """

    def __init__(
        self, chunks: Sequence[Chunk], *, need: Iterable[str] = KEYS, held: int = 1
    ):
        if held < 1:
            msg = f"held {held}: expected 1 file or more"
            raise ValueError(msg)
        self.chunks, self.need, self.held = list(chunks), tuple(need), held
        self.ends = np.cumsum([len(chunk.rows) for chunk in self.chunks], dtype=int)
        self._read: dict[Path, list[dict]] = {}
        self._first: tuple[Path, dict] | None = None

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def __getitem__(self, place: int | Sequence[int]) -> Batch:
        """Return one datum, unbatched, or a batch of `collate`."""
        if isinstance(place, (list, tuple)):
            return collate([self._datum(one) for one in place])
        return _flat(self._datum(place))

    def _datum(self, place: int) -> dict:
        if not 0 <= place < len(self):
            msg = f"datum {place}: expected 0 to {len(self) - 1}"
            raise IndexError(msg)
        i = int(np.searchsorted(self.ends, place, side="right"))
        chunk = self.chunks[i]
        row = chunk.rows[place - int(self.ends[i])]  # negative: from the chunk's end
        return self._file(chunk.path)[row]

    def _file(self, path: Path) -> list[dict]:
        if path not in self._read:
            # The oldest goes before the next is read, so that memory never holds more.
            while len(self._read) >= self.held:
                del self._read[next(iter(self._read))]
            self._read[path] = read_file_data(path, self.need)
            self._refuse_other_shapes(path)
        return self._read[path]

    def _refuse_other_shapes(self, path: Path) -> None:
        shapes = {k: tuple(v.shape) for k, v in _flat(self._read[path][0]).items()}
        self._first = self._first or (path, shapes)
        other, wanted = self._first
        if shapes != wanted:
            key = next(k for k in wanted if shapes[k] != wanted[k])
            raise InputError(
                path,
                f"shape {shapes[key]}",
                where=f"key {key!r}",
                expected=f"{wanted[key]}, as in {other.name}",
                remedy="make all files with the same field size, tile and pool",
            )


class BatchOrder(Sampler):
    """The batches of an epoch: places in `FileData`, file after file.

    Batches are the same for any number of ranks and workers; those of one rank follow
    each other, and so do those of one worker, so that each file is read by few.

    Parameters
    ----------
    chunks : sequence of Chunk
        The same as of the data.
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

    Raises
    ------
    ValueError
        No data, or a number out of its range.
    """

    def __init__(
        self,
        chunks: Sequence[Chunk],
        batch: int,
        seed: int,
        *,
        shuffle: bool = True,
        rank: int = 0,
        world: int = 1,
        workers: int = 0,
    ):
        self.sizes = [len(chunk.rows) for chunk in chunks]
        self.batch, self.seed, self.shuffle = batch, seed, shuffle
        self.rank, self.world, self.workers = rank, world, max(workers, 1)
        self.epoch = 0
        if not sum(self.sizes):
            msg = "no data: the list of files, or its part for this use, is empty"
            raise ValueError(msg)
        if batch < 1 or not 0 <= rank < world:
            msg = f"batch {batch}, rank {rank} of {world}: expected 1 or more, below"
            raise ValueError(msg)

    def set_epoch(self, epoch: int) -> None:
        """Go to an epoch: the first is 0. Lightning calls this, on resuming too."""
        self.epoch = int(epoch)

    def __len__(self) -> int:
        return math.ceil(self._n_batches() / self.world)

    def __iter__(self) -> Iterator[list[int]]:
        places = self._places()
        share = np.arange(len(self)) + self.rank * len(self)
        share %= self._n_batches()
        for i in share[dealt(len(share), self.workers)]:
            yield places[i * self.batch : (i + 1) * self.batch].tolist()

    def _n_batches(self) -> int:
        return math.ceil(sum(self.sizes) / self.batch)

    def _places(self) -> np.ndarray:
        if not self.shuffle:
            return np.arange(sum(self.sizes))
        draw = rng(self.seed, "order of data", self.epoch)
        starts = np.cumsum([0, *self.sizes])
        files = draw.permutation(len(self.sizes))
        return np.concatenate(
            [starts[i] + draw.permutation(self.sizes[i]) for i in files]
        )


def loader(data: FileData, order: BatchOrder) -> DataLoader:
    """Return what gives the batches of an epoch, one after the other.

    Batches are formed by `order` and not by the loader; hence its sampler is found by
    Lightning, which sets the epoch. With several devices, the Trainer needs
    ``use_distributed_sampler=False``, as `order` knows its rank.
    """
    workers = order.workers if order.workers > 1 else 0
    # A fork of a process with threads may hang: torch's, JAX's and CUDA's are such.
    context = "forkserver" if workers else None
    return DataLoader(
        data,
        sampler=order,
        batch_size=None,
        num_workers=workers,
        persistent_workers=workers > 0,
        multiprocessing_context=context,
    )


def collate(data: Sequence[Mapping]) -> Batch:
    """Return a batch: images, float32, and all maps by their names.

    Parameters
    ----------
    data : sequence of dict
        Of `skyloom.clusters.data.files.read_file_data`, of equal shapes.

    Returns
    -------
    dict of str to tensor
        ``images``, shape (batch, bands, height, width), and each key of the tile
        catalogues, shape (batch, rows, columns, ...).
    """
    flat = [_flat(one) for one in data]
    return {key: torch.stack([one[key] for one in flat]) for key in flat[0]}


def dealt(n: int, workers: int) -> np.ndarray:
    """Return an order of n batches that gives each worker a run of successive ones.

    A DataLoader hands batches to its workers in turn; in this order, worker w's are
    the w-th part of the list.
    """
    runs = np.array_split(np.arange(n), workers)
    longest = len(runs[0])
    return np.array([run[i] for i in range(longest) for run in runs if i < len(run)])


def _flat(one: Mapping) -> Batch:
    return {"images": one["images"].float(), **one["tile_catalog"]}
