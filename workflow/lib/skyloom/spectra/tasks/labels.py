"""Labels of a map: learned, read off for the test spectra, and judged."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from astropy.table import Table
from matplotlib.figure import Figure

from skyloom.io.errors import InputError
from skyloom.run.log import NAME
from skyloom.run.seeds import rng
from skyloom.spectra.config_map import Labels
from skyloom.spectra.labels.amplitudes import amplitudes, gathered
from skyloom.spectra.labels.baselines import METHODS, Known, baseline
from skyloom.spectra.labels.figures import labels_figure
from skyloom.spectra.labels.files import read_labels
from skyloom.spectra.labels.fit import fit_labels, folds, some_rows
from skyloom.spectra.labels.model import LabelModel, estimate
from skyloom.spectra.labels.scores import report
from skyloom.spectra.labels.tables import catalogue, node_table
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.files import RestSpectra, read_spectra
from skyloom.spectra.rest.galaxy import galaxy_of
from skyloom.spectra.tasks.reading import read_map

log = logging.getLogger(NAME)


class Judged(NamedTuple):
    """What `judge_labels` says: a report, the test spectra's labels, a figure."""

    report: dict
    table: Table
    figure: Figure


def train_labels(
    map_file: str | Path, flux: str | Path, info: str | Path, how: Labels, seed: int
) -> tuple[LabelModel, Table]:
    """Learn the labels of a map from its training spectra; return its nodes too.

    Columns that the table has not are left out, with a warning: of a survey without
    any, the model has no labels.

    Raises
    ------
    InputError
        No spectra, or scaled or spaced otherwise than the map's; a column of text, or
        with values that are infinite; too few galaxies.
    """
    made, spectra = read_map(map_file), read_spectra(flux, info)
    check_spectra(flux, info, spectra, made)
    names = _columns(info, spectra.info, how.columns)
    try:
        model = fit_labels(made, spectra, names, how.calibrate, seed)
    except ValueError as bad:
        remedy = "add galaxies, or raise spectra.labels.calibrate"
        raise InputError(info, str(bad), remedy=remedy) from None
    rows = some_rows(spectra, seed)
    bmu = [made.place(part.flux, part.ivar)[0] for part in spectra.pieces(rows)]
    some = spectra.info.iloc[rows]
    return model, node_table(made.som, np.concatenate(bmu), some, names)


def check_spectra(flux, info, spectra: RestSpectra, made: SpectralMap) -> None:
    """Refuse spectra that a map cannot place, or without galaxies."""
    remedy = "make them again with the rule split, and the map with theirs"
    if not len(spectra):
        raise InputError(info, "no spectra", expected="one at least", remedy=remedy)
    if spectra.grid != made.grid:
        expected = f"the map's {made.grid}"
        raise InputError(flux, f"{spectra.grid}", expected=expected, remedy=remedy)
    if spectra.scaled != made.scaled:
        problem, expected = f"scaled {spectra.scaled!r}", f"the map's {made.scaled!r}"
        raise InputError(flux, problem, expected=expected, remedy=remedy)
    try:
        galaxy_of(spectra.info)
    except ValueError as bad:
        raise InputError(info, str(bad), remedy=remedy) from None
    if not np.any([np.any(row > 0) for row in spectra.ivar]):
        raise InputError(flux, "no spectrum has a good pixel", remedy=remedy)


def judge_labels(
    map_file: str | Path,
    labels_file: str | Path,
    train: tuple[str | Path, str | Path],
    test: tuple[str | Path, str | Path],
    share: float,
    seed: int,
) -> Judged:
    """Judge labels on test galaxies, beside baselines of the same training spectra.

    `train` and `test` are the flux and the table of spectra; `share` is that of the
    calibration, as the labels were learned with.
    """
    made, model = read_map(map_file), read_labels(labels_file)
    seen, unseen = (read_spectra(*paths) for paths in (train, test))
    for paths, spectra in ((train, seen), (test, unseen)):
        check_spectra(*paths, spectra, made)
    check_labels(labels_file, model, made)
    found = estimate(model, made, unseen.flux, unseen.ivar)
    truth = {name: _truth(test[1], unseen.info, name) for name in found.names}
    others = baselines(model, seen, unseen, share, seed)
    reports = {}
    for j, name in enumerate(found.names):
        ours = np.stack([found.lower[:, j], found.median[:, j], found.upper[:, j]])
        methods = {"map": ours} | others[name]
        draw = rng(seed, "labels", "judge", name)
        reports[name] = report(truth[name], methods, unseen.info, draw)
    median = dict(zip(found.names, found.median.T, strict=True))
    figure = labels_figure(truth, median, reports)
    return Judged({"labels": reports}, catalogue(found, unseen.info), figure)


def check_labels(path: str | Path, model: LabelModel, made: SpectralMap) -> None:
    """Refuse labels that were read off another map."""
    if model.map != made.digest:
        remedy = "make them again with the rule labels"
        raise InputError(path, "labels of another map", remedy=remedy)


def baselines(
    model: LabelModel, seen: RestSpectra, unseen: RestSpectra, share: float, seed: int
) -> dict[str, dict[str, np.ndarray]]:
    """Return ends (3, n) of unseen spectra by label and baseline."""
    rows = some_rows(seen, seed)
    info = seen.info.iloc[rows]
    known, new = (
        gathered(amplitudes(model.basis, piece.flux, piece.ivar) for piece in pieces)
        for pieces in (seen.pieces(rows), unseen.pieces(np.arange(len(unseen))))
    )
    galaxies = galaxy_of(info)
    data = (galaxies, folds(galaxies, share, seed))
    found = {}
    for name in model.labels:
        value = info[name].to_numpy(np.float64)
        rows = np.isfinite(value)
        of = Known(known, value, *data).rows(rows)
        found[name] = {
            method: baseline(make, of, model.basis, new)
            for method, make in METHODS.items()
        }
    return found


def _columns(path, info: pd.DataFrame, wanted: Iterable[str]) -> list[str]:
    """Return the wanted columns that the table has; the others are said."""
    names = [name for name in wanted if name in info]
    absent = [name for name in wanted if name not in info]
    if absent:
        log.warning("%s has no columns %s: left out", path, ", ".join(absent))
    known = [n for n in names if np.isfinite(_truth(path, info, n)).any()]
    if len(known) < len(names):
        without = sorted(set(names) - set(known))
        log.warning("%s has no value of %s: left out", path, ", ".join(without))
    return known


def _truth(path, info: pd.DataFrame, name: str) -> np.ndarray:
    """Return a label as numbers; NaN where it is missing."""
    if name not in info:
        return np.full(len(info), np.nan)
    remedy = "take it out of spectra.labels.columns"
    if not pd.api.types.is_numeric_dtype(info[name]):
        problem = f"column {name!r} holds {info[name].dtype}"
        raise InputError(path, problem, expected="numbers", remedy=remedy)
    value = info[name].to_numpy(np.float64)
    if np.isinf(value).any():
        row = int(np.argmax(np.isinf(value)))
        where = f"row {row}, column {name!r}"
        raise InputError(path, f"{value[row]}", where=where, expected="finite, or NaN")
    return value
