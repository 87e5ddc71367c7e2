"""The map of a survey's spectra."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from skyloom.quasars.config import Som
from skyloom.quasars.spectra.grid import normalise
from skyloom.quasars.spectra.store import Store
from skyloom.run.seeds import rng
from skyloom.som.matching import bmu
from skyloom.som.model import Som as Map
from skyloom.som.quality import occupancy, quantisation_error, topographic_error
from skyloom.som.rows import Batches
from skyloom.som.training import train

SIZE = 2048  # spectra at a time


def train_map(
    stores: Sequence[str], settings: Som, seed: int
) -> tuple[Map, dict, np.ndarray]:
    """Train a map on the normalised spectra of stores, in constant memory.

    Returns
    -------
    som : skyloom.som.model.Som
    quality : dict
        ``spectra``, ``quantisation_error``, ``topographic_error`` and ``empty`` units.
    counts : ndarray, shape (rows, columns)
        Spectra that each unit is the best match of.
    """
    data = Batches(lambda: _normalised(stores))
    shape = (settings.rows, settings.columns)
    som = train(data, shape, "torus", settings.epochs, rng(seed, "som"))
    counts = occupancy(bmu(som, data)[0], shape)
    quality = {
        "spectra": int(counts.sum()),
        "quantisation_error": quantisation_error(som, data),
        "topographic_error": topographic_error(som, data),
        "empty": int((counts == 0).sum()),
    }
    return som, quality, counts


def _normalised(stores: Sequence[str]) -> Iterator[np.ndarray]:
    for path in stores:
        with Store(path) as store:
            for _, flux, ivar in store.batches(SIZE):
                x, good = normalise(flux, ivar)
                yield x[good]
