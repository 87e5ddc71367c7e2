"""What a network says of galaxies, beside what volunteers marked, in one frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from skyloom.spirals.dataset.images import Pictures
from skyloom.spirals.dataset.turn import central, looked
from skyloom.spirals.network.files import Model
from skyloom.spirals.network.predict import predict
from skyloom.spirals.tasks.dataset import read_record


@dataclass(frozen=True, eq=False)
class Looked:
    """n galaxies, of each the middle part that the network looks at.

    Attributes
    ----------
    pictures : ndarray of uint8, shape (n, side, side, 3)
        The whole of them.
    mean, std : ndarray, shape (n, 2, size, size)
        The network's; NaN of what it was not trained for.
    concentrations : ndarray, shape (n, answers)
        Of the votes.
    shares : ndarray, shape (n, 2, size, size)
        Shares of the volunteers; NaN where none were asked.
    asked : ndarray, shape (n, 2)
        How many volunteers were asked.
    votes : ndarray, shape (n, answers)
        Counts.
    """

    pictures: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    concentrations: np.ndarray
    shares: np.ndarray
    asked: np.ndarray
    votes: np.ndarray


def read_packs(
    files: Mapping[str, Sequence[str]],
) -> list[tuple[Mapping, Path, Path]]:
    """Return the galaxies of chunks and the files of their pictures and counts."""
    kinds = (files[kind] for kind in ("records", "images", "counts"))
    return [
        (read_record(record), Path(images), Path(counts))
        for record, images, counts in zip(*kinds, strict=True)
    ]


def look(model: Model, pictures: Pictures, rows: Sequence[int]) -> Looked:
    """Return what a model says of some rows, and what volunteers marked there."""
    shown = np.stack([pictures.image(row) for row in rows])
    found = predict(model, shown)
    asked = pictures.asked[list(rows)].numpy()
    shares = drawn(pictures, rows, model.settings.crop, model.settings.size)
    votes = pictures.votes[list(rows)].numpy()
    return Looked(shown, *found, shares, asked, votes)


def drawn(
    pictures: Pictures, rows: Sequence[int], crop: float, size: int
) -> np.ndarray:
    """Return the shares of volunteers on the middle part, (n, 2, size, size).

    NaN where none were asked.
    """
    counts = torch.tensor(np.stack([pictures.counts(row) for row in rows]))
    asked = pictures.asked[list(rows)].numpy()[..., None, None]
    seen = looked(counts, central(len(counts), crop), size).numpy()
    return np.where(asked > 0, seen / np.maximum(asked, 1), np.nan).clip(0, 1)


def middle(picture: np.ndarray, crop: float, size: int) -> np.ndarray:
    """Return the middle part of a picture, float32 (size, size, 3), 0 to 255."""
    channels = torch.tensor(picture.transpose(2, 0, 1)[None].astype(np.float32))
    return looked(channels, central(1, crop), size)[0].numpy().transpose(1, 2, 0)
