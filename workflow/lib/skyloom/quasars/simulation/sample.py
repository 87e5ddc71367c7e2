"""Simulated labelled spectra without files: single observations of two instruments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import pandas as pd

from skyloom.io.spectra import Spectra
from skyloom.quasars.config_simulation import Objects
from skyloom.quasars.simulation.instrument import boss, desi
from skyloom.quasars.simulation.survey import FIRST, known_signal, observed
from skyloom.quasars.simulation.targets import simulate_targets
from skyloom.quasars.spectra.grid import Grid
from skyloom.quasars.spectra.store import Batch, batch, write_store
from skyloom.quasars.spectra.truth import write_truth
from skyloom.run.seeds import rng

BATCH = 250
MJD = 56000
INSTRUMENTS = {"boss": (boss, 0.12), "desi": (desi, 0.2)}  # and scatter of depth, dex
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
        batches("boss", first, settings, seed, FIRST_PLATE),
        batches("desi", n - first, settings, seed, FIRST_TILE),
    )
    write_store(store, _noting(simulated, known, grid), grid, provenance)
    write_truth(truth, pd.concat(known, ignore_index=True))


def batches(
    kind: str, n: int, settings: Objects, seed: int, first: int = 1
) -> Iterator[tuple[Spectra, pd.DataFrame]]:
    """Yield n spectra of ``boss`` or ``desi`` and their truth, `BATCH` at a time.

    Each batch is a plate, or a tile, from number `first` on, and has its own seed and
    targets. The truth is that of `simulate_targets`, with ``sn``.
    """
    make, scatter = INSTRUMENTS[kind]
    instrument = make()
    for number, start in enumerate(range(0, n, BATCH), start=first):
        count, draw = min(BATCH, n - start), rng(seed, kind, number)
        truth, flux = simulate_targets(
            count, settings, draw, FIRST + number * 1_000_000
        )
        depth = 10.0 ** draw.normal(0, scatter, count)
        place = (number, MJD if kind == "boss" else number)
        spectra = observed(truth, flux, place, instrument, depth, draw)
        yield spectra, truth.assign(sn=known_signal(spectra))


def _noting(simulated, known: list[pd.DataFrame], grid: Grid) -> Iterator[Batch]:
    for spectra, truth in simulated:
        known.append(truth)
        yield batch(spectra, grid)
