"""A simulated training sample: spectra of two instruments and their truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import pandas as pd

from skyloom.quasars.config import Objects
from skyloom.quasars.simulation.survey import boss_batches, desi_batches
from skyloom.quasars.spectra.grid import Grid
from skyloom.quasars.spectra.store import Batch, batch, write_store
from skyloom.quasars.spectra.truth import write_truth

# Plates and tiles of samples, apart from those of simulated surveys: their numbers
# are part of the targets' names and of the seed.
FIRST_PLATE, FIRST_TILE = 20_001, 40_001


def write_sample(
    store: str | Path,
    truth: str | Path,
    n: int,
    boss: float,
    settings: Objects,
    grid: Grid,
    seed: int,
    provenance: Mapping | None = None,
) -> None:
    """Write the spectra of a training sample, and what they are.

    `store` is a table of spectra (`skyloom.quasars.spectra.store`) of n targets,
    each observed once; `truth` a CSV. `boss` is the share of BOSS spectra, the others
    are single exposures of DESI. The same seed gives the same bytes.
    """
    known: list[pd.DataFrame] = []
    first = round(boss * n)
    simulated = chain(
        boss_batches(first, settings, seed, FIRST_PLATE),
        desi_batches(n - first, settings, seed, FIRST_TILE),
    )
    write_store(store, _noting(simulated, known, grid), grid, provenance)
    write_truth(truth, pd.concat(known, ignore_index=True))


def _noting(simulated, known: list[pd.DataFrame], grid: Grid) -> Iterator[Batch]:
    for spectra, truth in simulated:
        known.append(truth)
        yield batch(spectra, grid)
