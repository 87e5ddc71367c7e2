"""The keys of the network: images, marks, shape, training and its comparison."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from skyloom.run.config import Section, key, part
from skyloom.run.config_types import Count, Interval, Natural, Rate, Share, Threads

Channels = Annotated[int, Field(ge=1, le=65536)]
Drop = Annotated[float, Field(ge=0, lt=1)]
Side = Annotated[float, Field(gt=0.1, le=1)]
Heads = Literal["joint", "segmentation", "pretrained", "votes"]


class Images(Section):
    """The pictures that the network sees."""

    size: int = key(
        424, "Side of a picture of 424 of its pixel scale.", "px", ge=32, le=20000
    )
    crop: Side = key(
        0.6, "Middle part of a picture's side that is looked at; all if 1."
    )


class Marks(Section):
    """What volunteers' drawings become."""

    volunteers: Literal["all", "cleaned", "reliable"] = key(
        "all",
        "Whose drawings count: all, those without strokes that cross themselves, or "
        "all, weighted by how they agree with others.",
    )


class Split(Section):
    """Galaxies that do not train; galaxies of one cell of the sky stay together."""

    validation: float = key(0.1, "Share that chooses the best epoch.", gt=0, le=0.4)
    test: float = key(0.2, "Share that the network is judged on.", gt=0, le=0.5)
    cell: float = key(1.0, "Side of a cell of the sky.", "deg", gt=0.01, le=90)


class Network(Section):
    """The shape of the network."""

    size: int = key(
        224,
        "Side of what it is given; it must halve as often as the network does.",
        "px",
        ge=32,
        le=20000,
    )
    encoder: Literal["plain", "lite0"] = key(
        "plain",
        "Residual blocks of our own, or EfficientNet-lite0, whose weights of ImageNet "
        "a Python package holds.",
    )
    width: Channels = key(32, "Channels at full size, of the plain encoder.")
    multiples: tuple[Channels, ...] = key(
        (1, 4, 2, 4), "Of the width, at each halving, finest first.", min_length=2
    )
    dropout: tuple[Drop, ...] = key((0.0, 0.1, 0.25, 0.13), "At each halving.")
    vote_dropout: Drop = key(0.2, "Before the concentrations of the votes.")
    blocks: int = key(2, "Residual blocks at each halving.", ge=1, le=1000)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Refuse sizes that cannot be halved, and dropouts of no stage."""
        halvings = 5 if self.encoder == "lite0" else len(self.multiples) - 1
        if self.size % 2**halvings:
            msg = f"size {self.size}: expected a multiple of {2**halvings}"
            raise ValueError(msg)
        if len(self.dropout) != len(self.multiples):
            msg = f"dropout has {len(self.dropout)}, multiples {len(self.multiples)}"
            raise ValueError(msg + " numbers; expected as many")
        return self


class Augment(Section):
    """How pictures of the training are turned: image and masks alike."""

    zoom: Interval[Side] = key(
        (0.5, 0.7), "Part of a picture's side that is looked at."
    )
    stretch: float = key(0.1, "Largest change of the ratio of the sides.", ge=0, lt=0.5)
    shift: float = key(0.02, "Largest shift, as a part of the side.", ge=0, lt=0.3)
    colour: Natural = key(0.05, "Scatter of each band's brightness.")
    grey: Share = key(0.0, "Share of the pictures that lose their colour.")


class Loss(Section):
    """The joint loss."""

    segmentation: Literal["l1", "mse", "bce", "beta_binomial"] = key(
        "beta_binomial",
        "Of the maps, by the share of volunteers; beta_binomial: cross entropy, and by "
        "how much their numbers scatter.",
    )
    overlap: Natural = key(1.0, "Weight in it of 1 less the soft IoU.")
    masks: Natural = key(1.0, "Weight of the maps.")
    votes: Natural = key(0.02, "Weight of the votes.")
    learned: bool = key(
        False,
        "Weights as the task's own uncertainty (Kendall, Gal & Cipolla 2018), from the "
        "given ones on.",
    )


class Train(Section):
    """The training."""

    start: Literal["random", "imagenet", "inpainting"] = key(
        "random",
        "First weights of the encoder: random, of ImageNet (lite0 only), or of a "
        "network that restored hidden parts of the run's pictures.",
    )
    epochs: Count = key(5000, "Passes over the training galaxies, at most.")
    patience: Count = key(10, "Epochs without a better one after which it ends.")
    batch: Count = key(256, "Galaxies a step.")
    rate: Rate = key(0.001, "Largest learning rate of AdamW.")
    decay: float = key(0.075, "Weight decay.", ge=0, le=1_000_000)
    warmup: Drop = key(0.05, "Share of the steps over which the rate rises.")
    schedule: Literal["constant", "cosine"] = key(
        "cosine", "Rate after that: as it is, or falling to 0 at the last epoch."
    )
    accumulate: Count = key(1, "Batches whose gradients make one step.")
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = key(
        "32-true", "Lightning's precision."
    )
    workers: int = key(0, "Processes that read files.", ge=0, le=1024)
    accelerator: Literal["cpu", "gpu"] = key("cpu", "What the training runs on.")
    devices: Threads = key(1, "How many devices.")
    threads: Threads = key(
        1,
        "Threads of a training: its last digits depend on them, which is no reason to "
        "train again.",
    )
    augment: Augment = part(Augment)
    loss: Loss = part(Loss)

    def followed(self) -> dict:
        """Return what a training follows from, JSON-plain: not who does it."""
        machine = {"accelerator", "devices", "threads", "workers"}
        return self.model_dump(mode="json", exclude=machine)


class Inpainting(Section):
    """The training of an encoder without marks or votes: hidden parts of pictures."""

    epochs: Count = key(50, "Passes over the pictures.")
    hidden: float = key(0.5, "Share of a picture that is hidden.", gt=0, lt=1)
    patch: Count = key(16, "Side of what is hidden at once.", "px")


class Compare(Section):
    """Does learning both together help? Trainings beside the run's own."""

    heads: tuple[Heads, ...] = key(
        ("joint", "segmentation"),
        "What is learned: both, maps alone, maps alone from a network that restored "
        "hidden parts of the run's pictures, votes alone (of all galaxies only).",
    )
    masks: tuple[Count, ...] = key(
        (), "How many training galaxies have marks, besides all; votes stay."
    )
    repeats: int = key(
        1, "Trainings of each, of other first weights and subsets.", ge=1, le=100
    )
