"""Self-supervision: a network restores hidden parts of pictures; no marks, no votes.

Source: Pathak et al. 2016, "Context encoders".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
import torch
from torch import nn
from torch.nn import functional

from skyloom.learn import harness
from skyloom.learn.batches import check_loss
from skyloom.run.seeds import rng
from skyloom.spirals.config_learning import Inpainting, Train
from skyloom.spirals.dataset.batches import PICTURES, Galaxies
from skyloom.spirals.dataset.images import Batch, Pictures
from skyloom.spirals.network.files import Model, save_model
from skyloom.spirals.network.joint import optimizer, seed_dropout
from skyloom.spirals.network.settings import Settings
from skyloom.spirals.network.train import first, given_weights, run
from skyloom.spirals.network.unet import SpiralNet

NAME = "inpainting.pt"


def hidden(
    shape: tuple[int, int, int], patch: int, share: float, draw: np.random.Generator
) -> torch.Tensor:
    """Return which pixels are hidden, in squares: bool (n, 1, height, width)."""
    number, height, width = shape
    cells = (number, 1, -(-height // patch), -(-width // patch))
    chosen = torch.tensor(draw.random(cells) < share)
    whole = chosen.repeat_interleave(patch, 2).repeat_interleave(patch, 3)
    return whole[:, :, :height, :width]


class Restoring(lightning.LightningModule):
    """Steps of training and validation; the loss is that of the hidden pixels."""

    def __init__(self, net: SpiralNet, how: Train, hide: Inpainting, seed: int):
        super().__init__()
        self.net, self.how, self.hide, self.seed = net, how, hide, seed
        self.paint = nn.Conv2d(net.map_head.in_channels, 3, 1)

    def loss(self, batch: Batch, key: tuple) -> torch.Tensor:
        """Return the mean square error of hidden pixels, by the key's squares."""
        image = batch["image"]
        shape = (len(image), *image.shape[2:])
        draw = rng(self.seed, "hidden", *key)
        mask = hidden(shape, self.hide.patch, self.hide.hidden, draw).to(image.device)
        mean = image.mean((2, 3), keepdim=True)
        shown = torch.where(mask, mean, image)
        features = self.net.decoder(self.net.encode(shown))
        restored = mean + self.paint(features).float()
        error = functional.mse_loss(restored, image, reduction="none").mean(1, True)
        return (error * mask).sum() / mask.sum().clamp(min=1)

    def training_step(self, batch: Batch, index: int) -> torch.Tensor:
        """Return the loss of a batch."""
        key = (self.current_epoch, self.global_rank, index)
        seed_dropout(self.seed, *key)
        total = self.loss(batch, key)
        check_loss(total, self.current_epoch, index)
        return total

    def validation_step(self, batch: Batch, index: int) -> None:
        """Log the loss of a batch, of the same squares in each epoch."""
        total, number = self.loss(batch, ("validate", index)), len(batch["image"])
        self.log(
            harness.MONITOR, total, on_epoch=True, batch_size=number, sync_dist=True
        )

    def configure_optimizers(self) -> dict:
        """Return AdamW, its rate set at each step."""
        return optimizer(self, self.how, int(self.trainer.estimated_stepping_batches))


def fit(
    pictures: Pictures,
    parts: pd.Series,
    settings: Settings,
    how: Train,
    hide: Inpainting,
    folder: str | Path,
    *,
    seed: int,
    logs: str | Path | None = None,
    provenance: Mapping | None = None,
) -> Path | None:
    """Train a network without marks or votes, and write `inpainting.pt`.

    All as `skyloom.spirals.network.train.fit`, but for the epochs, which are
    ``hide.epochs``. Its heads are untrained.
    """
    start = "imagenet" if settings.encoder == "lite0" else "random"
    how = how.model_copy(update={"epochs": hide.epochs, "start": start})
    data = Galaxies(pictures, parts, settings.size, settings.crop, how, seed, PICTURES)
    net = first(settings, seed)
    given_weights(net, start, None)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng(seed, "paint").integers(2**31)))
        module = Restoring(net, how, hide, seed)
    more = {"hide": hide.model_dump(), "provenance": dict(provenance or {})}
    made = run(module, data, folder, how, {"seed": seed} | more, logs=logs)
    if made is None:
        return None
    training = {"heads": "inpainting", "seed": seed, "epoch": made.epoch}
    training |= {"settings": how.followed(), "hide": hide.model_dump()}
    metrics, path = {"loss": made.score}, Path(folder) / NAME
    save_model(path, Model(net, {}, training, metrics, dict(provenance or {})))
    return path
