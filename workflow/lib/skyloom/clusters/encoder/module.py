"""An encoder in training, as Lightning wants it."""

from __future__ import annotations

import math

import numpy as np
import pytorch_lightning as lightning
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from skyloom.clusters.config_encoder import Train
from skyloom.clusters.data.augment import augmented
from skyloom.clusters.encoder.loss import loss, truth_of
from skyloom.clusters.encoder.metrics import TileMetrics
from skyloom.clusters.encoder.network import LOGITS, Encoder
from skyloom.run.seeds import rng

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
        if not torch.isfinite(total):
            msg = f"epoch {self.current_epoch}, batch {index}: the loss is {total}; "
            raise FloatingPointError(msg + "lower the rate, or look at the data")
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
