"""A simulated training sample: spectra of two instruments and their truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import pandas as pd

from skyloom.quasars.simulation.settings import Settings
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
    settings: Settings,
    grid: Grid,
    seed: int,
    provenance: Mapping | None = None,
) -> None:
    """Write the spectra of a training sample, and what they are.

    Parameters
    ----------
    store, truth : str or Path
        The table of spectra (`skyloom.quasars.spectra.store`) and the CSV of truth.
    n : int
        Number of targets, each observed once.
    boss : float
        Share of BOSS spectra; the others are single exposures of DESI.
    settings : Settings
        What is simulated.
    grid : Grid
        The pixels.
    seed : int
        Same seed, same bytes.
    provenance : mapping, optional
        For the store.
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
