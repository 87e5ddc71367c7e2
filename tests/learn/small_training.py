"""A line fitted to points by Lightning; as a script, in the folder it is run in."""

from __future__ import annotations

import os
import sys
import warnings

import pytorch_lightning as lightning
import torch
from skyloom.learn import harness
from torch.utils.data import DataLoader, TensorDataset

HOW = {"accelerator": "cpu", "devices": 1, "max_epochs": 3}


class Line(lightning.LightningModule):
    """A slope, that is fitted to 2."""

    def __init__(self, rate: float = 0.1):
        super().__init__()
        self.slope, self.rate = torch.nn.Parameter(torch.zeros(1)), rate

    def training_step(self, batch, _index):
        """Return the squared error."""
        x, y = batch
        return (self.slope * x - y).square().mean()

    def validation_step(self, batch, index):
        """Log it."""
        self.log("val/loss", self.training_step(batch, index), sync_dist=True)

    def configure_optimizers(self):
        """Return plain descent."""
        return torch.optim.SGD(self.parameters(), lr=self.rate)


class Points(lightning.LightningDataModule):
    """Points on a line of slope 2."""

    def train_dataloader(self):
        """Return eight batches."""
        x = torch.linspace(-1, 1, 16)
        return DataLoader(TensorDataset(x, 2 * x), batch_size=2)

    val_dataloader = train_dataloader


if __name__ == "__main__":
    warnings.simplefilter("error")
    torch.set_num_threads(1)
    how = HOW | {"devices": int(sys.argv[1])}
    made = harness.train(Line(), Points(), ".", {"seed": 1}, **how)
    with open("ranks", "a") as file:
        first = "" if made is None else "first"
        file.write(f"{os.environ.get('SLURM_PROCID')} {first}\n")
