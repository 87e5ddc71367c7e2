"""How good a map in training is, on a fixed few samples: the rows of the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.atomic import write_text
from skyloom.io.tables import Column, read_csv
from skyloom.som.grid import gaussian
from skyloom.som.matching import bmu
from skyloom.som.model import Som
from skyloom.som.quality import quantisation_error, topographic_error

COLUMNS = (
    "L",
    "Lr",
    "Lsom",
    "Lkm",
    "Ltop",
    "quantization_err",
    "topographic_err",
    "latent_quantization_err",
    "latent_topographic_err",
)


def quality(
    som: Som,
    decoded: np.ndarray,
    samples: tuple[np.ndarray, np.ndarray, np.ndarray],
    weights: tuple[np.ndarray, float, float],
) -> dict[str, float]:
    """Return the losses and errors of a map, `COLUMNS`.

    The errors are those of `skyloom.som.quality`: mean distances, not squared, and the
    part of samples whose two best units do not touch. They are taken in the space of
    the samples, where prototypes are decoded, and in latent space.

    Parameters
    ----------
    som : Som
        Prototypes in latent space.
    decoded : ndarray, shape (units, ...)
        What the decoder makes of them.
    samples : tuple of 3 ndarray
        Samples without gaps (n, ...), their latent vectors (n, latent), and the
        reconstruction loss of each (n,).
    weights : tuple
        Distances between units on the grid, temperature, gamma.
    """
    x, latent, residual = samples
    apart, temperature, gamma = weights
    best, distance = bmu(som, latent)
    step = np.square(latent[:, None] - som.prototypes).sum(axis=2, dtype=np.float64)
    near = gaussian(apart[best], temperature / np.sqrt(2)) * step
    means = np.square(distance, dtype=np.float64).mean()
    outer = Som(decoded.reshape(*som.shape, -1), som.topology, som.lattice)
    flat = x.reshape(len(x), -1)
    losses = {"Lr": residual.mean(dtype=np.float64), "Lsom": near.sum(axis=1).mean()}
    losses |= {"Lkm": means, "Ltop": losses["Lsom"] - means}
    losses["L"] = losses["Lr"] + gamma * losses["Lsom"]
    errors = {
        f"{space}{name}": measure(one, rows)
        for space, one, rows in (("", outer, flat), ("latent_", som, latent))
        for name, measure in (
            ("quantization_err", quantisation_error),
            ("topographic_err", topographic_error),
        )
    }
    both = losses | errors
    return {name: float(both[name]) for name in COLUMNS}


def read_log(path: str | Path) -> list[dict]:
    """Return the rows that `write_log` wrote."""
    seen = dict.fromkeys(("iter", "T", *COLUMNS), "float")
    unseen = {f"val_{name}": Column("float", required=False) for name in COLUMNS}
    return read_csv(path, seen | unseen).to_dict("records")


def write_log(path: str | Path, history: Sequence[Mapping]) -> None:
    """Write the rows of a training as CSV: iteration, temperature, and `COLUMNS`."""
    write_text(path, pd.DataFrame(history).to_csv(index=False, float_format="%.8g"))
