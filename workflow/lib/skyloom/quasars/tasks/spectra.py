"""Spectra in: a survey's exposures, a training sample, targets labelled since."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.quasars.spectra.grid import Grid
from skyloom.quasars.spectra.rejects import Rejects
from skyloom.quasars.spectra.store import Batch, Store, batch, write_store
from skyloom.quasars.spectra.truth import read_truth, write_truth
from skyloom.run.provenance import Recipe
from skyloom.run.seeds import rng

log = logging.getLogger(__name__)


def by_exposure(paths: Sequence[str]) -> dict[str, str]:
    """Return ``<tile>/<expid>`` to path, for paths that end so and in one suffix."""
    named = {Path(path).with_suffix(""): path for path in paths}
    return {"/".join(stem.parts[-2:]): path for stem, path in named.items()}


def ingest_exposure(
    name: str,
    paths: Mapping[str, Path],
    *,
    files: Mapping[str, Sequence[str]],
    grid: Grid,
    recipe: Recipe,
) -> dict:
    """Write the spectra of an exposure, file after file, to ``paths["store"]``.

    Returns how many ``files`` it has, and the rows of `Rejects`, ``rejected``.
    """
    record, rejects = recipe.record(files[name]), Rejects()
    tileid, expid = map(int, name.split("/"))

    def batches() -> Iterator[Batch]:
        for path, some in rejects.spectra(files[name], tileid=tileid, expid=expid):
            one = batch(some, grid)
            rejects.note_silent(path, one)
            yield one

    write_store(paths["store"], batches(), grid, record)
    return {"files": len(files[name]), "rejected": rejects.rows}


def ingest_sample(
    sources: Iterable[tuple[Sequence[str | Path], str | Path, int | None]],
    store: str | Path,
    labels: str | Path,
    grid: Grid,
    seed: int,
    provenance: Mapping | None = None,
) -> list[dict]:
    """Write a training sample: the labelled spectra of several sources, and labels.

    Returns the rows of `Rejects`.

    A source is (files of any kind that `spectra_of` reads, the truth of their targets,
    how many targets to take at most, drawn from `seed`, or None for all). Truth of
    targets without spectra is left out: they may be asked about.

    Raises
    ------
    InputError
        Unreadable truth, a source none of whose spectra can be read or has a truth, or
        a target that two sources know.
    """
    sources, rejects = list(sources), Rejects()
    truths = [
        _drawn(read_truth(truth), files, most, rng(seed, "sample", i))
        for i, (files, truth, most) in enumerate(sources)
    ]
    known = pd.concat(truths, ignore_index=True)
    again = known["targetid"].duplicated()
    if again.any():
        problem = f"target {known['targetid'][again].iloc[0]} has a truth elsewhere too"
        expected = "each target in one of the truth tables"
        raise InputError(sources[-1][1], problem, expected=expected)
    found: set[int] = set()
    parts = (
        _labelled(files, truth, table, grid, (found, rejects))
        for (files, truth, _), table in zip(sources, truths, strict=True)
    )
    write_store(store, chain.from_iterable(parts), grid, provenance)
    write_truth(labels, known[known["targetid"].isin(found)])
    return rejects.rows


def gather_labelled(
    stores: Sequence[str | Path],
    labels: str | Path,
    before: str | Path,
    target: str | Path,
    provenance: Mapping | None = None,
) -> None:
    """Write the survey's spectra of the targets that have been labelled since.

    `target` is the store that is written, every exposure of the targets of `labels`
    that are not in `before`, the labels of the first round.

    Raises
    ------
    InputError
        No label since, or one of a target of which the survey has no spectrum.
    """
    old = read_truth(before)["targetid"]
    new = read_truth(labels)["targetid"]
    wanted = set(new[~new.isin(old)])
    if not wanted:
        expected = "an answer about a target of a query"
        raise InputError(labels, f"the targets of {before} only", expected=expected)
    with Store(stores[0]) as first:
        grid = first.grid
    write_store(target, _of_targets(stores, wanted, labels), grid, provenance)


def _of_targets(stores, wanted: set[int], labels) -> Iterator[Batch]:
    lost = set(wanted)
    for path in stores:
        with Store(path) as store:
            meta = store.meta
            rows = np.flatnonzero(meta["targetid"].isin(wanted))
            if rows.size:
                lost.difference_update(meta["targetid"].iloc[rows].tolist())
                yield meta.iloc[rows].reset_index(drop=True), *store.rows(rows)
    if lost:
        problem = f"no spectrum of {len(lost)} targets, first {min(lost)}"
        expected = "labels of targets that the survey has spectra of"
        raise InputError(labels, problem, expected=expected)


def _drawn(truth: pd.DataFrame, files, most: int | None, rng) -> pd.DataFrame:
    """Return the truth of `most` targets by lot, of those that have spectra here."""
    if most is None or len(truth) <= most:
        return truth
    # A pass over the spectra first: a catalogue knows many targets more than a sample.
    found = (some.meta["targetid"] for _, some in Rejects().spectra(files))
    seen = np.flatnonzero(truth["targetid"].isin(pd.concat(found)))
    if len(seen) > most:
        seen = np.sort(rng.choice(seen, most, replace=False))
    return truth.iloc[seen]


def _labelled(files, truth_path, truth, grid: Grid, noted) -> Iterator[Batch]:
    """Yield the spectra of known targets; note the targets, and what is left out."""
    found, rejects = noted
    before = len(found)
    for path, spectra in rejects.spectra(files):
        rows = spectra.meta["targetid"].isin(truth["targetid"]).to_numpy()
        if rows.any():
            found.update(spectra.meta["targetid"][rows].tolist())
            one = batch(spectra.rows(rows), grid)
            rejects.note_silent(path, one)
            yield one
    if len(found) == before:
        problem = f"knows none of the targets of {files[0]} and {len(files) - 1} more"
        raise InputError(truth_path, problem, expected="truth of these spectra")
    log.info("%s: truth of %d targets with spectra", truth_path, len(found) - before)
