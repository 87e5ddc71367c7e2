"""Batches of galaxies as Lightning wants them: looked at, with the seed's names."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
import torch
from torch.utils.data import DataLoader

from skyloom.learn.batches import loader
from skyloom.run.seeds import rng
from skyloom.spirals.config_learning import Train
from skyloom.spirals.dataset.images import HEADS, Batch, Order, Pictures
from skyloom.spirals.dataset.turn import brightened, central, drawn, looked

PICTURES = "pictures"  # instead of heads: of use are all


class Galaxies(lightning.LightningDataModule):
    """The galaxies of a table's parts: ``train`` turned by chance, others straight.

    Parameters
    ----------
    pictures : Pictures
        Of the table.
    parts : Series of str
        ``train``, ``validate`` or ``test``, by row.
    size, crop : int, float
        Side of what the network is given [px]; part of a picture's side, straight.
    how : Train
        How many to a batch, and how those that train are turned.
    seed : int
        The training's.
    heads : str
        What is learned: galaxies of no use to that are left out.
    """

    def __init__(
        self,
        pictures: Pictures,
        parts: pd.Series,
        size: int,
        crop: float,
        how: Train,
        seed: int,
        heads: str = "joint",
    ):
        super().__init__()
        self.pictures, self.parts = pictures, np.asarray(parts)
        self.size, self.crop, self.how, self.seed = size, crop, how, seed
        self.heads = heads
        self.marked = (pictures.asked > 0).any(1).numpy()
        self.voted = (pictures.votes > 0).any(1).numpy()
        if heads == PICTURES:
            self.useful = np.ones(len(pictures), bool)
        else:
            masks, votes = HEADS[heads]
            self.useful = self.marked & masks | self.voted & votes

    @property
    def learned(self) -> tuple[bool, bool]:
        """Whether there are marks, and votes, to learn from, and heads that do."""
        rows, (masks, votes) = self.rows("train"), HEADS[self.heads]
        both = masks and self.marked[rows].any(), votes and self.voted[rows].any()
        return bool(both[0]), bool(both[1])

    def rows(self, part: str) -> np.ndarray:
        """Return the rows of a part that are of use."""
        return np.flatnonzero((self.parts == part) & self.useful)

    def names(self) -> list[str]:
        """Return the names of the galaxies that train or choose, sorted."""
        rows = [*self.rows("train"), *self.rows("validate")]
        return sorted(self.pictures.names[row] for row in rows)

    def train_dataloader(self) -> DataLoader:
        """Return what gives the training batches."""
        return self._loader("train", turned=True)

    def val_dataloader(self) -> DataLoader:
        """Return what gives the validation batches, always in one order."""
        return self._loader("validate", turned=False)

    def straight(self, part: str) -> Iterator[Batch]:
        """Give the batches of a part, looked at straight."""
        for batch in self._loader(part, turned=False):
            yield self.on_after_batch_transfer(batch, 0)

    def with_marks(self, most: int) -> Iterator[Batch]:
        """Give training galaxies that have marks, `most` of them, looked at straight.

        The same ones whatever the heads.
        """
        rows = np.flatnonzero((self.parts == "train") & self.marked)[:most].tolist()
        for i in range(0, len(rows), self.how.batch):
            batch = self.pictures[None, rows[i : i + self.how.batch]]
            yield self.on_after_batch_transfer(batch, 0)

    def on_after_batch_transfer(self, batch: Batch, _index: int) -> Batch:
        """Return a batch of `Pictures` as the network is given it; on its device.

        Parameters
        ----------
        batch : dict
            With a ``key``, it is turned by chance: by the seed and the key alone.

        Returns
        -------
        dict of tensor, float32
            ``image`` (batch, 3, size, size) 0..1; ``spiral_mask``, ``bar_mask`` (batch,
            1, size, size), shares of the volunteers; ``label_cols`` (batch, answers),
            counts; ``spiral_asked``, ``bar_asked`` (batch,), 0 where the mask is
            missing; ``row``.
        """
        image, asked, augment = batch["image"], batch["asked"], self.how.augment
        both = torch.cat([image.float() / 255, batch["counts"].float()], dim=1)
        draw = None
        if "key" in batch:
            draw = rng(self.seed, "turns", *batch["key"].tolist())
            theta = drawn(len(image), augment, draw)
        else:
            theta = central(len(image), self.crop)
        seen = looked(both, theta.to(image.device), self.size)
        images, counts = seen.split((3, 2), dim=1)
        if draw is not None:
            images = brightened(images, augment, draw)
        # Interpolation may round a little above 1.
        shares = (counts / asked.clamp(min=1)[..., None, None]).clamp(0, 1)
        return {
            "image": images,
            "spiral_mask": shares[:, :1],
            "bar_mask": shares[:, 1:],
            "label_cols": batch["votes"],
            "spiral_asked": asked[:, 0],
            "bar_asked": asked[:, 1],
            "row": batch["row"],
        }

    def _loader(self, part: str, *, turned: bool) -> DataLoader:
        rows, trainer = np.flatnonzero(self.parts == part), self.trainer
        order = Order(
            rows if turned else self.rows(part),
            self.marked,
            self.useful,
            self.how.batch,
            self.seed,
            turned=turned,
            rank=trainer.global_rank if trainer else 0,
            world=trainer.world_size if trainer else 1,
        )
        workers = 0 if self.pictures.keep(self.rows(part)) else self.how.workers
        return loader(self.pictures, order, workers)
