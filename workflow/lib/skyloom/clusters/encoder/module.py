"""An encoder in training, and the fields that it is given, as Lightning wants them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytorch_lightning as lightning
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from skyloom.clusters.config_encoder import Train
from skyloom.clusters.data.augment import augmented
from skyloom.clusters.data.stream import BatchOrder, FileData
from skyloom.clusters.encoder.loss import loss, truth_of
from skyloom.clusters.encoder.metrics import TileMetrics
from skyloom.clusters.encoder.network import LOGITS, Encoder
from skyloom.clusters.encoder.normalise import noise_scale
from skyloom.clusters.encoder.settings import EncoderSettings
from skyloom.io.errors import InputError
from skyloom.learn.batches import check_loss, loader
from skyloom.run.seeds import rng

# What the loss reads; the rest of the files' maps stays on disk.
NEED = ("membership", "n_members", "center", "center_locs", "richness")
NEED += ("cluster_redshift", "valid")
LOOKED_AT = 64  # fields that the noise and the common values are taken from
DECAY = 0.01  # of the kernels


class Training(lightning.LightningModule):
    """Steps of training and validation; the seed turns the fields."""

    def __init__(self, encoder: Encoder, settings: Train, seed: int):
        super().__init__()
        self.encoder, self.settings, self.seed = encoder, settings, seed
        self.figures = nn.ModuleList([TileMetrics(name) for name in LOGITS])

    def training_step(self, batch: dict, index: int) -> torch.Tensor:
        """Return the loss of a batch, its fields turned by chance."""
        key = (self.current_epoch, self.global_rank, index)
        draw = rng(self.seed, "augment", *key)
        batch = augmented(batch, draw)
        images = scaled(batch["images"], draw, self.settings.jitter)
        outputs = self.encoder(images)
        total, parts = loss(outputs, truth_of(batch), dict(self.settings.weights))
        check_loss(total, self.current_epoch, index)
        # Lightning would drop what is logged in between, after a tenth of the time.
        if (self.global_step + 1) % self.trainer.log_every_n_steps == 0:
            self._log("train", total, parts, len(images))
        return total

    def validation_step(self, batch: dict, _index: int) -> None:
        """Take a batch into the epoch's figures."""
        outputs, truth = self.encoder(batch["images"]), truth_of(batch)
        total, parts = loss(outputs, truth, dict(self.settings.weights))
        self._log("val", total, parts, len(batch["images"]))
        for figures in self.figures:
            name = figures.prefix
            figures.update(outputs[name].sigmoid(), truth[name], truth["valid"])

    def on_validation_epoch_end(self) -> None:
        """Log the epoch's figures and forget its tiles."""
        for figures in self.figures:
            values = {f"val/{k}": v.float() for k, v in figures.compute().items()}
            self.log_dict(values, sync_dist=True)  # equal on all devices already
            figures.reset()

    def configure_optimizers(self) -> dict:
        """Return AdamW, with a step of `rate_at` each batch."""
        steps = int(self.trainer.estimated_stepping_batches)
        # Kernels decay; biases and norms are left free.
        groups = [
            {"params": [p for p in self.encoder.parameters() if (p.ndim > 1) == kernel]}
            | {"weight_decay": DECAY if kernel else 0.0}
            for kernel in (True, False)
        ]
        optimizer = torch.optim.AdamW(groups, lr=self.settings.rate)
        warmup = self.settings.warmup
        schedule = LambdaLR(optimizer, lambda step: rate_at(step, steps, warmup))
        step = {"scheduler": schedule, "interval": "step"}
        return {"optimizer": optimizer, "lr_scheduler": step}

    def _log(self, stage: str, total: torch.Tensor, parts: dict, size: int) -> None:
        values = {f"{stage}/{name}": value for name, value in parts.items()}
        values[f"{stage}/loss"] = total.detach()
        epoch = stage == "val"
        self.log_dict(
            values, batch_size=size, on_step=not epoch, on_epoch=epoch, sync_dist=epoch
        )


def scaled(
    images: torch.Tensor, draw: np.random.Generator, error: float
) -> torch.Tensor:
    """Return images (batch, bands, height, width) with errors of their zero points.

    Each field's and band's has a standard deviation of `error` [mag]; nothing is drawn
    where that is 0.
    """
    if not error:
        return images
    factor = 10 ** (0.4 * draw.normal(0, error, (*images.shape[:2], 1, 1)))
    return images * torch.as_tensor(factor, dtype=images.dtype, device=images.device)


def rate_at(step: int, steps: int, warmup: float) -> float:
    """Return the learning rate of a step, of all steps, in units of the largest.

    Source: Smith & Topin 2018, "Super-convergence", with cosines for its lines.
    """
    rising = min(warmup * steps, steps - 1)
    if step < rising:
        return 0.5 - 0.5 * math.cos(math.pi * (step + 1) / (rising + 1))
    part = (step - rising) / max(steps - rising, 1)
    return 0.5 + 0.5 * math.cos(math.pi * min(part, 1.0))


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
        alone = self.workers < 2  # a process more would read what this one can
        return loader(FileData(paths, need=NEED), order, 0 if alone else self.workers)


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
