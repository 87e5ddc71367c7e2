"""The keys of the networks: their shape, the ensemble and the training of a member."""

from __future__ import annotations

import math
from typing import Literal

from skyloom.run.config import Section, key
from skyloom.run.config_types import Device, Rate, Share

LAST_RATE = 0.01  # where a cosine ends, as a part of the rate


class Network(Section):
    """The shape of every member."""

    n_layers: int = key(
        6, "Convolutions; 4 and 6 are the published depths.", ge=1, le=8
    )
    filters: int = key(100, "Filters of a convolution.", ge=1, le=65536)
    dense: int = key(100, "Units of the common dense layer.", ge=1, le=65536)
    dropout: float = key(
        0.2, "Share dropped after a convolution in training.", "fraction", ge=0, lt=1
    )


class Ensemble(Section):
    """The members and how they are made."""

    members: int = key(100, "Networks of an ensemble.", ge=1, le=10000)
    device: Device = key(
        "cpu", "Where members are trained; cuda needs TensorFlow's build for GPUs."
    )
    single_exposure: bool = key(
        False, "Whether a target drawn brings one exposure by lot, not all."
    )
    held_out: float = key(
        0.05,
        "Share of the labelled targets that no member is trained on: all members are "
        "calibrated on them, and each on what its bootstrap sample left out.",
        "fraction",
        ge=0,
        le=0.5,
    )


class Train(Section):
    """The training of a member.

    There is no label smoothing: confidences are thresholded near 1, where smoothing
    would take the room away. Labels in doubt weigh nothing instead, see
    `skyloom.quasars.network.lines.targets`.
    """

    epochs: int = key(8, "Passes over its bootstrap sample.", ge=1)
    batch: int = key(256, "Spectra a step.", ge=1)
    # The seed's; 1e-3 is that of Busca & Balland.
    rate: Rate = key(0.0002, "Learning rate of Adam.")
    amsgrad: bool = key(False, "Whether Adam keeps its largest second moment.")
    schedule: Literal["constant", "cosine"] = key(
        "constant", "Course of the learning rate; a cosine falls to a hundredth of it."
    )
    warmup: Share = key(
        0.0, "Share of the steps over which a cosine rises.", "fraction"
    )
    noise: float = key(
        0.0,
        "Largest noise added in training, in units of a spectrum's own.",
        "σ",
        ge=0,
        le=1000,
    )
    noise_share: Share = key(0.5, "Share of the spectra that get noise.", "fraction")
    momentum: Share = key(
        0.99, "Of batch norm's running statistics; 0.9 for short trainings."
    )

    def steps(self, n: int) -> int:
        """Return the steps of an epoch over n spectra."""
        return -(-n // self.batch)

    def rate_at(self, step: int, total: int) -> float:
        """Return the learning rate of a step, of `total` in the whole training."""
        if self.schedule == "constant":
            return self.rate
        rising = min(round(self.warmup * total), total - 1)
        if step < rising:
            return self.rate * step / rising
        share = (step - rising) / max(total - rising, 1)
        wave = 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
        return self.rate * ((1 - LAST_RATE) * wave + LAST_RATE)
