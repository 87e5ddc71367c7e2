"""The keys of the encoder: its data, its shape and its training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from skyloom.run.config import Section, key, part
from skyloom.run.config_types import Count, Natural, PathName, Rate, Threads

Channels = Annotated[int, Field(ge=1, le=65536)]
Blocks = Annotated[int, Field(ge=0, le=1000)]
Part = Annotated[float, Field(gt=0, le=0.4)]
Redshift = Annotated[float, Field(ge=0, le=1.5)]


class Data(Section):
    """The files of data that the encoder learns from, and its tiles."""

    tile_size: Literal[8, 16, 32, 64, 128, 256, 512] = key(
        64, "Side of a tile of the encoder's maps.", "px"
    )
    pool: Literal[1, 2, 4, 8] = key(
        4,
        "The encoder sees means over blocks of this side; 1 for full resolution.",
        "px",
    )
    n_per_file: int = key(10, "Fields in a file.", ge=1, le=10000)
    held_out: Part = key(
        0.1,
        "Share of the files that are held out of training: half of them choose the "
        "best epoch and scale its logits, half say what its probabilities are worth.",
    )
    test: Part = key(0.1, "Share of the files that the encoder is judged on.")


class Network(Section):
    """The shape of the encoder."""

    widths: tuple[Channels, ...] = key(
        (32, 64, 96, 128),
        "Channels of the stages, the input at half its size first; the last stands for "
        "all further halvings.",
        min_length=1,
    )
    blocks: tuple[Blocks, ...] = key(
        (0, 0, 1), "Residual blocks of each stage; 0 where none is named."
    )
    dilations: tuple[Channels, ...] = key(
        (1, 2, 4, 8),
        "Of the residual blocks on the tiles; their sum and one more for each is how "
        "far the encoder sees.",
        "tiles",
    )
    hidden: Channels = key(128, "Channels before the outputs.")
    ridge: tuple[Redshift, ...] = key(
        (),
        "Redshifts at which the encoder is told how well pixels match the colours of "
        "the red sequence; none: it has to learn them.",
    )


class Weights(Section):
    """Weights of parts of the loss."""

    richness: Natural = key(0.2, "Richness of the cluster.")
    redshift: Natural = key(0.2, "Its redshift.")


class Train(Section):
    """The training of the encoder."""

    start: PathName | None = key(
        None,
        "Encoder of the same shape whose weights are the first: a checkpoint of the "
        "repository or relative to $SKYLOOM_DATA; null for random weights.",
    )
    epochs: Count = key(20, "Passes over the training files.")
    batch: Count = key(2, "Fields a step and device.")
    rate: Rate = key(0.002, "Largest learning rate of AdamW.")
    warmup: float = key(
        0.15, "Share of the steps over which the rate rises.", ge=0, lt=1
    )
    weights: Weights = part(Weights)
    precision: Literal["32-true", "bf16-mixed"] = key(
        "bf16-mixed", "Lightning's precision."
    )
    jitter: float = key(
        0.0, "Random error of each field's and band's zero point.", "mag", ge=0, le=5
    )
    workers: int = key(0, "Processes that read files, for each device.", ge=0, le=1024)
    accelerator: Literal["cpu", "gpu"] = key("cpu", "What the training runs on.")
    devices: Threads = key(
        1, "How many devices, each with a process and batches of its own."
    )
    threads: Threads = key(
        1,
        "Threads of the training for each device, however many cores there are: sums, "
        "and so the last digits, depend on them, which is no reason to train again. "
        "Its job asks for threads or workers, whichever are more, times devices.",
    )
