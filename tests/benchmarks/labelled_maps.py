"""DESOM and the reference algorithm on data with classes, at equal settings.

`compare` takes any rows and classes: digits of scikit-learn here; other sets, such as
USPS, are compared by the same call.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from skyloom.run.seeds import rng
from skyloom.som.grid import grid_distances
from skyloom.som.matching import bmu, two_best
from skyloom.som.model import Som
from skyloom.spectra.config_map import Temperature, Training, Units
from skyloom.spectra.quality.labels import classification
from upstream_desom import HIDDEN, Reference, Schedule, perceptron

SIDE, LATENT = 8, 10  # of the map, K = 64, and of the latent space: as published
STOP = 0.7  # temperature at which the map's order is kept
KEPT = ("purity", "nmi", "te8", "te4")


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's handwritten digits: 1797 rows of 64 values 0 to 1."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return (found.data / 16).astype(np.float32), found.target


def compare(
    x: np.ndarray,
    labels: np.ndarray,
    seeds: Iterable[int],
    how: Schedule,
    hidden: tuple[int, ...] = HIDDEN,
) -> pd.DataFrame:
    """Return ``method, seed, purity, nmi, te8, te4`` of each training.

    Methods are ``reference``; ``ours``, at the same temperatures; and ``ours, T 0.7``,
    whose temperature stops there. All have the same networks, units, iterations,
    batches and rate; topographic errors are in latent space, of 8 and of 4 neighbours.
    """
    rows = []
    for seed in seeds:
        makers = {
            "reference": lambda s: reference(x, s, how, hidden),
            "ours": lambda s: ours(x, s, how, hidden, how.last),
            f"ours, T {STOP}": lambda s: ours(x, s, how, hidden, STOP),
        }
        for method, make in makers.items():
            som, latent = make(seed)
            rows.append({"method": method, "seed": seed} | judged(som, latent, labels))
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def judged(som: Som, latent: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return purity, mutual information and topographic errors of a map."""
    found = classification(labels, bmu(som, latent)[0])
    first, second = two_best(som, latent).T
    apart = {
        f"te{n}": grid_distances(som.shape, "sheet", metric)[first, second]
        for n, metric in ((8, "chebyshev"), (4, "manhattan"))
    }
    errors = {name: float((steps > 1).mean()) for name, steps in apart.items()}
    return {"purity": found["purity"], "nmi": found["nmi"]} | errors


def reference(x, seed: int, how: Schedule, hidden) -> tuple[Som, np.ndarray]:
    """Return map and latent vectors of the reference algorithm."""
    from skyloom.spectra.desom.autoencoders import applied, seeded

    seeded(seed, "networks")
    made = Reference(perceptron(x.shape[1], LATENT, hidden), (SIDE, SIDE), how)
    made.train(x, rng(seed, "reference"))
    weights = made.prototypes.reshape(SIDE, SIDE, LATENT)
    return Som(weights.astype(np.float32), "sheet"), applied(made.encoder, x)


def ours(x, seed: int, how: Schedule, hidden, last: float) -> tuple[Som, np.ndarray]:
    """Return map and latent vectors of our DESOM."""
    from skyloom.spectra.desom.autoencoders import (
        applied,
        seeded,
    )
    from skyloom.spectra.desom.samples import Samples
    from skyloom.spectra.desom.train import train

    seeded(seed, "networks")
    pair = perceptron(x.shape[1], LATENT, hidden)
    units = Units(rows=SIDE, columns=SIDE)
    training = Training(
        gamma=how.gamma,
        rate=how.rate,
        iterations=how.iterations,
        decay=how.iterations,
        batch=how.batch,
        temperature=Temperature(first=how.first, last=last),
        log_every=how.iterations,
        save_every=how.iterations,
    )
    made = train(pair, Samples(x), units, training, seed)
    return made.som, applied(pair[0], x)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard deviation over seeds, a row a method."""
    return table.groupby("method", sort=False)[list(KEPT)].agg(["mean", "std"])
