"""Spectra and labels in: a survey's files, a training sample, inspectors' answers."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.tables import write_csv
from skyloom.quasars.spectra.grid import Grid
from skyloom.quasars.spectra.inspect import agreement, conflicts, merge, read_answers
from skyloom.quasars.spectra.sources import spectra_files, spectra_of
from skyloom.quasars.spectra.store import Batch, batch, write_store
from skyloom.quasars.spectra.truth import COLUMNS, read_truth, write_truth
from skyloom.run.provenance import Recipe
from skyloom.run.seeds import rng

log = logging.getLogger(__name__)


def ingest_exposure(
    name: str,
    paths: Mapping[str, Path],
    *,
    files: Mapping[str, Sequence[str]],
    grid: Grid,
    recipe: Recipe,
) -> dict:
    """Write the spectra of an exposure, file after file, to ``paths["store"]``."""
    record = recipe.record(files[name])
    write_store(paths["store"], _batches(files[name], grid), grid, record)
    return {"files": len(files[name])}


def files_of(place: str | Path) -> list[Path]:
    """Return the files of spectra of a source: itself, or those of the folder."""
    place = Path(place)
    return [place] if place.is_file() else spectra_files(place)


def ingest_sample(
    sources: Iterable[tuple[str | Path, str | Path, int | None]],
    store: str | Path,
    labels: str | Path,
    grid: Grid,
    seed: int,
    provenance: Mapping | None = None,
) -> None:
    """Write a training sample: the labelled spectra of several sources, and labels.

    Parameters
    ----------
    sources : iterable of (folder or file, truth, most)
        Spectra (of any kind that `spectra_of` reads), the truth of their targets, and
        how many targets to take at most, drawn by lot; None: all.
    store, labels : path
        What is written: the spectra, and the truth of all in the own format.
    grid : Grid
        The pixels.
    seed : int
        Of the lots.
    provenance : mapping, optional
        For the store.

    Raises
    ------
    InputError
        Unreadable spectra or truth, a source none of whose spectra has a truth, or a
        target that two sources know.
    """
    sources = list(sources)
    truths = [
        _drawn(read_truth(truth), most, seed, i)
        for i, (_, truth, most) in enumerate(sources)
    ]
    known = pd.concat(truths, ignore_index=True)
    again = known["targetid"].duplicated()
    if again.any():
        problem = f"target {known['targetid'][again].iloc[0]} has a truth elsewhere too"
        expected = "each target in one of the truth tables"
        raise InputError(sources[-1][1], problem, expected=expected)
    parts = (
        _labelled(place, truth, table, grid)
        for (place, truth, _), table in zip(sources, truths, strict=True)
    )
    write_store(store, chain.from_iterable(parts), grid, provenance)
    write_truth(labels, known)


def answers_about(answers: str | Path, asked: str | Path) -> pd.DataFrame:
    """Return an inspector's answers about the targets of a query."""
    rows = pd.read_csv(answers)
    wanted = pd.read_csv(asked)["TARGETID"]
    return rows[rows["TARGETID"].isin(wanted)].reset_index(drop=True)


def merge_labels(
    before: str | Path,
    answers: Iterable[str | Path],
    decisions: str | Path | None,
    *,
    labels: str | Path,
    agreed: str | Path,
    disputed: str | Path,
) -> None:
    """Join the labels of the rounds before with inspectors' answers.

    Parameters
    ----------
    before : path
        Labels of the round before.
    answers : iterable of path
        CSVs of one or more inspectors (`skyloom.quasars.spectra.inspect`).
    decisions : path or None
        CSV in the same columns that settles conflicts.
    labels, agreed, disputed : path
        Written: all labels; agreement of the inspectors (κ); conflicts.

    Raises
    ------
    InputError
        Unreadable answers, one about a target that has a label already, or a decision
        about a target that nobody inspected.
    """
    answers = list(answers)
    old, new = read_truth(before), read_answers(answers)
    merged = merge(new) if decisions is None else _settled(new, decisions)
    again = merged["targetid"].isin(old["targetid"])
    if again.any():
        problem = f"target {merged['targetid'][again].iloc[0]} has a label already"
        expected = "answers about targets of this round's query"
        raise InputError(answers[0], problem, expected=expected)
    write_truth(labels, pd.concat([old, merged[list(COLUMNS)]], ignore_index=True))
    write_csv(agreed, agreement(new))
    write_csv(disputed, conflicts(new))
    log.info("%d targets labelled, %d confident", len(merged), merged.confident.sum())


def _settled(answers: pd.DataFrame, decisions: str | Path) -> pd.DataFrame:
    settled = read_answers([decisions])
    try:
        return merge(answers, settled)
    except ValueError as bad:
        expected = "one decision a target, about targets of this round's answers"
        raise InputError(decisions, str(bad), expected=expected) from None


def _batches(files: Iterable[str | Path], grid: Grid) -> Iterator[Batch]:
    for path in files:
        for spectra in spectra_of(path):
            yield batch(spectra, grid)


def _drawn(truth: pd.DataFrame, most: int | None, seed: int, i: int) -> pd.DataFrame:
    if most is None or len(truth) <= most:
        return truth
    rows = rng(seed, "sample", i).choice(len(truth), most, replace=False)
    return truth.iloc[np.sort(rows)]


def _labelled(place, truth_path, truth: pd.DataFrame, grid: Grid) -> Iterator[Batch]:
    found = 0
    for path in files_of(place):
        for spectra in spectra_of(path):
            rows = spectra.meta["targetid"].isin(truth["targetid"]).to_numpy()
            if rows.any():
                found += int(rows.sum())
                yield batch(spectra.rows(rows), grid)
    if not found:
        problem = f"knows none of the targets of {place}"
        raise InputError(truth_path, problem, expected="truth of these spectra")
    log.info("%s: %d spectra have a truth in %s", place, found, truth_path)
