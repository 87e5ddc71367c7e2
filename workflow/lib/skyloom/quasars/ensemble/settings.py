"""How members are trained; both trainers read the same settings."""

from __future__ import annotations

import math
from dataclasses import dataclass

SCHEDULES = ("constant", "cosine")
PRECISIONS = ("float32", "bfloat16")
LAST_RATE = 0.01  # where the cosine ends, as a part of the rate


@dataclass(frozen=True)
class TrainSettings:
    """Settings of a training; the defaults are the seed's where it has one.

    Attributes
    ----------
    epochs : int
        Passes over a member's bootstrap sample.
    batch : int
        Spectra a step.
    rate : float
        Learning rate of Adam. The seed's is 2e-4; 1e-3 is that of Busca & Balland.
    amsgrad : bool
        Adam's variant of Farr et al. 2020.
    schedule : str
        ``"constant"`` as upstream, or ``"cosine"``: down to a hundredth of the rate.
        Ends of training then differ less from seed to seed, which Farr et al. 2020
        found to be a first-order effect.
    warmup : float
        Share of the steps over which a cosine schedule rises from 0; at least one
        step is left to fall in.
    noise : float
        Largest noise added to a spectrum, in units of its own (by its ivar): deep
        spectra teach the network about shallow ones. 0 as upstream: none.
    noise_share : float
        Share of the spectra of a batch that get noise, of a uniform part of `noise`.
    momentum : float
        Of batch norm's running statistics; 0.99 as upstream. Below some 500 steps
        they would still remember where they began: take 0.9.
    keep_best : bool
        Whether a member is left as it was after the epoch of its lowest loss on
        held-out targets; needs validation data. Upstream keeps the last epoch.
    precision : str
        ``"float32"``, or ``"bfloat16"`` for the convolutions of the torch trainer.

    Notes
    -----
    There is no label smoothing: confidences are thresholded near 1, where smoothing
    would take the room away. Labels in doubt weigh nothing instead, see
    `skyloom.quasars.network.lines.targets`.
    """

    epochs: int = 8
    batch: int = 256
    rate: float = 2e-4
    amsgrad: bool = False
    schedule: str = "constant"
    warmup: float = 0.0
    noise: float = 0.0
    noise_share: float = 0.5
    momentum: float = 0.99
    keep_best: bool = True
    precision: str = "float32"

    def __post_init__(self):
        if self.schedule not in SCHEDULES or self.precision not in PRECISIONS:
            msg = f"schedule {self.schedule!r}, precision {self.precision!r}: expected "
            raise ValueError(msg + f"one of {SCHEDULES} and of {PRECISIONS}")
        if min(self.epochs, self.batch) < 1 or not self.rate > 0 or self.noise < 0:
            msg = f"{self}: epochs, batch and rate must be positive, noise not negative"
            raise ValueError(msg)
        for name in ("warmup", "noise_share", "momentum"):
            if not 0 <= getattr(self, name) <= 1:
                msg = f"{name} is {getattr(self, name)}: expected 0 to 1"
                raise ValueError(msg)

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
        part = (step - rising) / max(total - rising, 1)
        wave = 0.5 * (1 + math.cos(math.pi * min(part, 1.0)))
        return self.rate * ((1 - LAST_RATE) * wave + LAST_RATE)
