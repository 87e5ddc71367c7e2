"""The pictures, maps of marks and votes of a table's galaxies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.utils.data import Dataset, Sampler

from skyloom.io.errors import InputError
from skyloom.io.record import digest_of
from skyloom.run.seeds import rng
from skyloom.spirals.cutouts.pictures import read_picture
from skyloom.spirals.geometry import Stamp, picture_stamp
from skyloom.spirals.questions import columns
from skyloom.spirals.segmaps.counts import segmap
from skyloom.spirals.segmaps.marks import KINDS, Marks, read_marks

KEPT = 2**31  # bytes of pixels up to which all galaxies are kept in memory
LEAST = 0.25  # share of a batch that has marks, where any galaxy has
# Whether maps and whether votes are learned. Here, as Lightning is slow to start.
HEADS = {"joint": (True, True), "segmentation": (True, False), "votes": (False, True)}
ASKED = tuple(f"{kind}_asked" for kind in KINDS)
Batch = dict[str, torch.Tensor]
Request = tuple[tuple[int, int] | None, list[int]]  # (epoch, batch), rows


class Pictures(Dataset):
    """Galaxies of a table, by row; maps are made of the marks when they are read.

    Parameters
    ----------
    table : DataFrame
        As `skyloom.spirals.catalogue.galaxies` makes it. Galaxies with a picture;
        marks are read where ``spiral_asked`` or ``bar_asked`` is above 0.
    images, marks : Path
        Folders of ``<name>.png``, square, and of ``<name>.json``.
    size : int
        Side of the pictures [px].
    volunteers : str
        Whose marks count, see `skyloom.spirals.segmaps.choice.choose`.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        images: str | Path,
        marks: str | Path,
        *,
        size: int,
        volunteers: str = "all",
    ):
        self.images, self.marks = Path(images), Path(marks)
        self.size, self.volunteers = size, volunteers
        self.names = table["name"].tolist()
        self.sky = table[["ra", "dec", "pixscale"]].to_numpy(np.float64)
        self.asked = torch.tensor(table[list(ASKED)].to_numpy(np.float32))
        self.votes = torch.tensor(table[columns()].to_numpy(np.float32))
        self._kept: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

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

    def read(self, row: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a galaxy's image and its maps of counts.

        InputError for a picture of another size, and for marks that do not fit.
        """
        path = self.images / f"{self.names[row]}.png"
        rgb = read_picture(path)
        if rgb.shape != (self.size, self.size, 3):
            problem, remedy = f"{rgb.shape[1]} x {rgb.shape[0]} px", "delete it"
            expected = f"{self.size} x {self.size}, of key images.size"
            raise InputError(path, problem, expected=expected, remedy=remedy)
        image = torch.tensor(np.ascontiguousarray(rgb.transpose(2, 0, 1)))
        counts = np.zeros((len(KINDS), self.size, self.size), np.float16)
        if self.asked[row].any():
            path = self.marks / f"{self.names[row]}.json"
            marks = read_marks(path)
            stamp = self._stamp(row, path, marks)
            for i, kind in enumerate(KINDS):
                self._check(row, i, path, marks)
                if self.asked[row, i] > 0:
                    counts[i] = segmap(marks, kind, stamp, self.volunteers)[0]
        return image, torch.tensor(counts)

    def _check(self, row: int, i: int, path: Path, marks: Marks) -> None:
        told, found = int(self.asked[row, i]), marks.asked(KINDS[i])
        if told not in (0, found):
            problem = f"{found} volunteers in {KINDS[i]}_mask"
            expected = f"{told}, of the table of galaxies"
            remedy = "delete both and run the workflow"
            raise InputError(path, problem, expected=expected, remedy=remedy)

    def _stamp(self, row: int, path: Path, marks: Marks) -> Stamp:
        """Return the picture's place; the canvas where the table does not know it."""
        if np.isnan(self.sky[row]).any():
            return marks.frame.stamp.resized(self.size)
        stamp = picture_stamp(*self.sky[row], self.size)
        x, y = marks.frame.on(stamp, np.full((1, 2), marks.frame.size / 2))[0]
        if not (-0.5 <= x <= self.size - 0.5 and -0.5 <= y <= self.size - 0.5):
            problem = f"the canvas at {marks.frame.ra:.5f}, {marks.frame.dec:.5f} deg"
            expected = f"it on the picture at {stamp.ra:.5f}, {stamp.dec:.5f} deg"
            raise InputError(path, problem, where="frame", expected=expected)
        return stamp


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
            yield key, batches[place]

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
        Fewer training galaxies than `number` have marks.
    """
    has = (table[list(ASKED)] > 0).any(axis=1) & (table["part"] == "train")
    if has.sum() < number:
        msg = f"marks of {number} galaxies are wanted; only {has.sum()} of those that "
        raise ValueError(msg + "train have any: lower spirals.compare.masks")
    names = table.loc[has, "name"]
    lots = names.map(lambda name: digest_of(["masks", seed, name]))
    hidden = lots.sort_values(kind="stable").index[number:]
    table = table.copy()
    table.loc[hidden, [*ASKED, "marks"]] = [0, 0, False]
    return table
