"""What an encoder is, and how one is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from skyloom.clusters.bands import BANDS
from skyloom.io.documents import plain

PRECISIONS = ("32-true", "bf16-mixed")
SCHEDULES = ("one_cycle", "constant")
SEQUENCES = ("bands", "widths", "blocks", "dilations", "scales", "ridge_widths")
LOSSES = (
    "membership",
    "center",
    "n_members",
    "center_locs",
    "richness",
    "redshift",
)


@dataclass(frozen=True)
class EncoderSettings:
    """The shape of an encoder: everything but its weights. Defaults suit a CPU.

    Attributes
    ----------
    bands : tuple of str
        Order of the images' channels.
    tile : int
        Side of a tile [px of the survey].
    pool : int
        The input's pixels are means over pool x pool pixels of the survey. The net
        halves its input log2(tile / pool) times, so the ratio is a power of two.
    widths : tuple of int
        Channels of the stages, finest first: the input at half its size, then one
        for every further halving. The last is repeated for halvings it does not name.
    blocks : tuple of int
        Residual blocks of each stage; 0 for stages it does not name.
    dilations : tuple of int
        Of the residual blocks on the tile grid, which carry the context: their sum
        and one more for each is how many tiles the net sees to every side.
    hidden : int
        Channels of the layer before the outputs.
    groups : int
        Groups of every GroupNorm, or fewer where they do not divide the channels.
    scales : tuple of float
        The input is asinh(x / (scale * noise)) at each of these.
    ridge : tuple of tuple of float
        Colours of the red sequence (differences of successive bands [mag]) at some
        redshifts; how well pixels match them is given to the net, see `.ridge.Ridge`.
        Empty: the net has to learn it.
    ridge_widths : tuple of float
        Widths of the red sequence at which that is given [mag].
    center_above : float
        Richness from which a cluster's centre counts as one.
    """

    bands: tuple[str, ...] = BANDS
    tile: int = 64
    pool: int = 4
    widths: tuple[int, ...] = (32, 64, 96, 128)
    blocks: tuple[int, ...] = (0, 0, 1)
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    hidden: int = 128
    groups: int = 8
    scales: tuple[float, ...] = (1.0, 10.0)
    ridge: tuple[tuple[float, ...], ...] = ()
    ridge_widths: tuple[float, ...] = (0.08, 0.25)
    center_above: float = 20.0

    def __post_init__(self):
        object.__setattr__(self, "ridge", tuple(tuple(row) for row in self.ridge))
        if any(len(row) != len(self.bands) - 1 for row in self.ridge):
            msg = f"ridge: expected rows of {len(self.bands) - 1} colours"
            raise ValueError(msg)
        for name in SEQUENCES:
            object.__setattr__(self, name, tuple(getattr(self, name)))
        whole = (self.tile, self.pool, self.hidden, self.groups)
        if not all(map(_natural, (*whole, *self.widths, *self.dilations))):
            msg = f"{self}: tile, pool, widths, ... must be whole numbers from 1 on"
            raise ValueError(msg)
        if not self.widths or not self.bands or len(set(self.bands)) < len(self.bands):
            msg = f"bands {self.bands}, widths {self.widths}: none, or a band twice"
            raise ValueError(msg)
        if not all(n == 0 or _natural(n) for n in self.blocks):
            msg = f"blocks {self.blocks}: expected whole numbers from 0 on"
            raise ValueError(msg)
        positive = (*self.scales, *self.ridge_widths)
        if not self.scales or not self.ridge_widths or min(positive) <= 0:
            msg = f"scales {self.scales}, ridge_widths {self.ridge_widths}: expected "
            raise ValueError(msg + "one or more positive numbers each")
        if self.center_above < 0:
            msg = f"center_above {self.center_above}: expected a number from 0 on"
            raise ValueError(msg)
        self._check_halvings()

    def _check_halvings(self) -> None:
        ratio = self.tile // self.pool
        if self.tile % self.pool or ratio < 2 or ratio & (ratio - 1):
            msg = f"tile {self.tile} over pool {self.pool}: expected a power of two "
            raise ValueError(msg + "from 2 on")
        if max(len(self.widths), len(self.blocks)) > self.stages:
            msg = f"widths {self.widths}, blocks {self.blocks}: more than the "
            raise ValueError(msg + f"{self.stages} halvings of {ratio} px to a tile")

    @property
    def reduction(self) -> int:
        """Return how many input pixels a tile's side has."""
        return self.tile // self.pool

    @property
    def stages(self) -> int:
        """Return how many times the input is halved."""
        return self.reduction.bit_length() - 1

    @property
    def plan(self) -> tuple[tuple[int, int], ...]:
        """Return (channels, residual blocks) of each stage, finest first."""
        widths = self.widths + self.widths[-1:] * (self.stages - len(self.widths))
        blocks = self.blocks + (0,) * (self.stages - len(self.blocks))
        return tuple(zip(widths, blocks, strict=True))

    def to_json(self) -> dict:
        """Return the settings as plain JSON values."""
        return plain(asdict(self))

    @classmethod
    def from_json(cls, tree: Mapping) -> EncoderSettings:
        """Return the settings that `to_json` wrote.

        Raises
        ------
        ValueError
            A key is missing or unknown, or a value is not possible.
        """
        return _from_json(cls, tree)


@dataclass(frozen=True)
class TrainSettings:
    """How an encoder is trained.

    Attributes
    ----------
    epochs : int
        Passes over the training files.
    batch : int
        Fields a step and device.
    rate : float
        Largest learning rate of AdamW.
    weight_decay : float
        Of the kernels; biases and norms are left free.
    schedule : str
        ``"one_cycle"``: a cosine up over `warmup`, a cosine down to nothing; or
        ``"constant"`` after the rise.
    warmup : float
        Share of the steps over which the rate rises.
    weights : dict of str to float
        Of the parts of the loss, `LOSSES`; a part not named weighs nothing.
    precision : str
        ``"32-true"`` or ``"bf16-mixed"``.
    accumulate : int
        Batches a step of the optimiser.
    clip : float
        Largest norm of the gradient; 0: any.
    patience : int
        Epochs without a better validation loss before training ends; 0: never ends.
    turn : bool
        Whether fields are turned and mirrored by chance.
    shift : int
        Whole tiles by which fields are moved by chance, at most.
    jitter : float
        Error of each field's and band's zero point, drawn in training [mag]: real
        colours are no better known than that.
    workers : int
        Processes that read files.
    accelerator, devices, strategy : str, int or str, str
        Lightning's: ``"cpu"``, ``"gpu"``; how many; ``"ddp"``.
    """

    epochs: int = 20
    batch: int = 2
    rate: float = 2e-3
    weight_decay: float = 0.01
    schedule: str = "one_cycle"
    warmup: float = 0.15
    weights: Mapping[str, float] | None = None
    precision: str = "bf16-mixed"
    accumulate: int = 1
    clip: float = 1.0
    patience: int = 0
    turn: bool = True
    shift: int = 0
    jitter: float = 0.0
    workers: int = 0
    accelerator: str = "cpu"
    devices: int | str = 1
    strategy: str = "auto"

    def __post_init__(self):
        weights = dict(DEFAULT_WEIGHTS if self.weights is None else self.weights)
        object.__setattr__(self, "weights", weights)
        if self.precision not in PRECISIONS or self.schedule not in SCHEDULES:
            msg = f"precision {self.precision!r}, schedule {self.schedule!r}: expected "
            raise ValueError(msg + f"one of {PRECISIONS} and of {SCHEDULES}")
        if not all(map(_natural, (self.epochs, self.batch, self.accumulate))):
            msg = f"{self}: epochs, batch and accumulate must be whole, from 1 on"
            raise ValueError(msg)
        least = (self.weight_decay, self.clip, self.jitter, self.patience, self.shift)
        positive = self.rate > 0 and min(*least, self.workers) >= 0
        if not positive or not 0 <= self.warmup < 1:
            msg = f"{self}: expected rate > 0, 0 <= warmup < 1, and nothing negative"
            raise ValueError(msg)
        odd = sorted(weights.keys() - set(LOSSES))
        if odd or not weights or min(weights.values()) < 0:
            msg = f"weights {weights}: expected numbers >= 0 for some of {LOSSES}"
            raise ValueError(msg)

    def rate_at(self, step: int, steps: int) -> float:
        """Return the learning rate of a step, of all steps, in units of `rate`.

        Source: Smith & Topin 2018, "Super-convergence", with cosines for its lines.
        """
        rising = min(self.warmup * steps, steps - 1)
        if step < rising:
            return 0.5 - 0.5 * math.cos(math.pi * (step + 1) / (rising + 1))
        if self.schedule == "constant":
            return 1.0
        part = (step - rising) / max(steps - rising, 1)
        return 0.5 + 0.5 * math.cos(math.pi * min(part, 1.0))

    def to_json(self) -> dict:
        """Return the settings as plain JSON values."""
        return plain(asdict(self))

    @classmethod
    def from_json(cls, tree: Mapping) -> TrainSettings:
        """Return the settings that `to_json` wrote.

        Raises
        ------
        ValueError
            A key is missing or unknown, or a value is not possible.
        """
        return _from_json(cls, tree)


# A centre is some thirty times rarer than a member's tile, and its cross-entropy
# smaller by as much: the weight brings both to one size.
DEFAULT_WEIGHTS = {
    "membership": 1.0,
    "center": 10.0,
    "n_members": 0.5,
    "center_locs": 1.0,
    "richness": 0.2,
    "redshift": 0.2,
}


def _natural(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _from_json(kind, tree: Mapping):
    names = {field.name for field in fields(kind)}
    if tree.keys() != names:
        odd = ", ".join(sorted(tree.keys() ^ names))
        msg = f"missing or unknown keys of {kind.__name__}: {odd}"
        raise ValueError(msg)
    return kind(**tree)
