"""What gives a training its batches, and a loss that ends it."""

from __future__ import annotations

import torch
from torch.utils.data import DataLoader, Dataset, Sampler


def loader(data: Dataset, order: Sampler, workers: int) -> DataLoader:
    """Return what gives the batches of an epoch, one after the other.

    Batches are formed by `order` and not by the loader; hence its sampler is found by
    Lightning, which sets the epoch. `workers` processes read, or, if 0, this one.
    """
    return DataLoader(
        data,
        sampler=order,
        batch_size=None,
        num_workers=workers,
        persistent_workers=workers > 0,
        # A fork of a process with threads may hang: torch's, JAX's and CUDA's are such.
        multiprocessing_context="forkserver" if workers else None,
    )


def check_loss(total: torch.Tensor, epoch: int, index: int) -> None:
    """Raise a FloatingPointError if the loss of a batch is not finite."""
    if not torch.isfinite(total):
        msg = f"epoch {epoch}, batch {index}: the loss is {total:g}; "
        raise FloatingPointError(msg + "lower the rate, or look at the data")
