"""Speed of training against the same network that is fed tensors from memory."""

from __future__ import annotations

import time

import numpy as np
import pytest
import pytorch_lightning as lightning
import torch
from skyloom.spirals.config_learning import Train
from skyloom.spirals.dataset.batches import Galaxies
from skyloom.spirals.network import segmentation, votes
from skyloom.spirals.network.settings import Settings
from skyloom.spirals.network.train import first, fit
from spirals.network.conftest import drawn_survey, opened

pytestmark = pytest.mark.benchmark
EPOCHS, BATCH, NUMBER, IMAGE = 6, 16, 320, 80
SETTINGS = Settings(
    size=64, width=8, multiples=(1, 2, 4, 8), dropout=(0.0,) * 4, blocks=1
)


class Clock(lightning.Callback):
    """Note how long the batches of each epoch take [s of the processor]."""

    def __init__(self):
        self.spent = []

    def on_train_epoch_start(self, _trainer, _module):
        """Start."""
        self.began = time.process_time()

    def on_validation_start(self, _trainer, _module):
        """Stop."""
        self.spent.append(time.process_time() - self.began)


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    return drawn_survey(tmp_path_factory.mktemp("survey"), NUMBER, IMAGE)


def from_memory(data: Galaxies) -> list[float]:
    """Return how long each epoch takes with nothing but network, loss and descent."""
    batches = [data.on_after_batch_transfer(b, 0) for b in data.train_dataloader()]
    net, spent = first(SETTINGS, 1).train(), []
    descent = torch.optim.AdamW(net.parameters())
    for _ in range(EPOCHS):
        began = time.process_time()
        for batch in batches:
            features = net.encode(batch["image"])
            share = torch.cat([batch["spiral_mask"], batch["bar_mask"]], dim=1)
            asked = torch.stack([batch["spiral_asked"], batch["bar_asked"]], dim=1)
            maps = net.decode(features)
            masks = segmentation.loss("beta_binomial", *maps, share, asked).mean()
            told = votes.loss(net.vote(features), batch["label_cols"]).mean()
            descent.zero_grad()
            (masks + 0.1 * told).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            descent.step()
        spent.append(time.process_time() - began)
    return spent


def test_training_is_as_fast_as_from_memory(survey, tmp_path):
    """With reading, turning, and Lightning: 80 % of its images per second and more."""
    folder, table = survey
    torch.set_num_threads(1)
    pictures = opened(table, folder, table["name"])
    how, clock = Train(epochs=EPOCHS, batch=BATCH), Clock()
    data = Galaxies(pictures, table["part"], 64, SETTINGS.crop, how, 1)
    plain = from_memory(data)
    args = (pictures, table["part"], SETTINGS, how, tmp_path)
    fit(*args, seed=1, callbacks=[clock])
    number = len(data.rows("train"))
    peer, ours = (number / np.median(part) for part in (plain, clock.spent))
    began = time.process_time()
    for _ in range(EPOCHS):
        for batch in data.train_dataloader():
            data.on_after_batch_transfer(batch, 0)
    fed = EPOCHS * number / (time.process_time() - began)
    print(f"images/s: {ours:.0f}, from memory {peer:.0f}; loading alone {fed:.0f}")
    assert ours > 0.8 * peer
    assert fed > 4 * ours
