"""The fields that an encoder is trained and validated with, and what is common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytorch_lightning as lightning
import torch
from torch.utils.data import DataLoader

from skyloom.clusters.data.stream import BatchOrder, FileData, loader
from skyloom.clusters.encoder.loss import truth_of
from skyloom.clusters.encoder.normalise import noise_scale
from skyloom.clusters.encoder.settings import EncoderSettings
from skyloom.io.errors import InputError

# What the loss reads; the rest of the files' maps stays on disk.
NEED = ("membership", "n_members", "center", "center_locs", "richness")
NEED += ("cluster_redshift", "valid")
LOOKED_AT = 64  # fields that the noise and the common values are taken from


class Fields(lightning.LightningDataModule):
    """The batches of training and of validation files, each process its part.

    The seed gives the order, another each epoch in training; `workers` processes read.
    """

    def __init__(
        self,
        training: Sequence[Path],
        validation: Sequence[Path],
        batch: int,
        seed: int,
        workers: int = 0,
    ):
        super().__init__()
        self.training, self.validation = training, validation
        self.batch, self.seed, self.workers = batch, seed, workers

    def train_dataloader(self) -> DataLoader:
        """Return what gives the training batches."""
        return self._batches(self.training, shuffle=True)

    def val_dataloader(self) -> DataLoader:
        """Return what gives the validation batches, always in one order."""
        return self._batches(self.validation, shuffle=False)

    def _batches(self, paths: Sequence[Path], *, shuffle: bool) -> DataLoader:
        trainer = self.trainer
        order = BatchOrder(
            paths,
            self.batch,
            self.seed,
            shuffle=shuffle,
            rank=trainer.global_rank if trainer else 0,
            world=trainer.world_size if trainer else 1,
            workers=self.workers,
        )
        return loader(FileData(paths, need=NEED), order)


def common(paths: Sequence[Path], settings: EncoderSettings) -> tuple[list, dict]:
    """Return the noise, and where outputs start, of the first `LOOKED_AT` fields.

    Noise is the robust deviation of each band [counts]; see `Encoder.start_at`.
    InputError for fields that do not fit the encoder: bands, or pixels to a tile.
    """
    data = FileData(paths, need=NEED)
    fields = data[range(min(len(data), LOOKED_AT))]
    _check_fits(paths[0], fields, settings)
    noise = [noise_scale(image[None]) for image in fields["images"].numpy()]
    return np.median(noise, axis=0).tolist(), _start(fields)


def _start(catalogue: dict[str, torch.Tensor]) -> dict[str, float]:
    truth = truth_of(catalogue)
    valid = truth["valid"]
    tiles = {k: truth[k][valid] for k in ("membership", "center", "n_members")}
    start = {k: v.double().mean().item() for k, v in tiles.items() if len(v)}
    inside = valid & (truth["richness"] > 0)
    if inside.any():
        start["richness"] = truth["richness"][inside].double().log().mean().item()
        start["redshift"] = truth["cluster_redshift"][inside].double().mean().item()
    return start


def _check_fits(path: Path, fields: dict, settings: EncoderSettings) -> None:
    shape, tiles = tuple(fields["images"].shape[1:]), tuple(fields["valid"].shape[1:])
    wanted = (len(settings.bands), *(settings.reduction * n for n in tiles))
    if shape != wanted:
        problem = f"images of shape {shape} with {tiles[0]} x {tiles[1]} tiles"
        expected = f"{wanted}: {settings.reduction} px to a tile's side"
        remedy = "make the files with the encoder's bands, tile and pool"
        raise InputError(path, problem, expected=expected, remedy=remedy)
