"""Samples of spectra: drawn from the chunks, scaled, and split by galaxy."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.run.log import NAME, progress
from skyloom.spectra.rest.files import RestSpectra, read_spectra, writing
from skyloom.spectra.rest.galaxy import galaxy_of, held_out
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.scale import scale
from skyloom.spectra.sample.draw import drawn, quotas, size_of
from skyloom.spectra.sample.outliers import EXTREMES, reasons, thresholds

PART = "part"  # column of the sample's table: train, or test
PARTS = ("train", "test")


@dataclass(frozen=True, eq=False)
class Chosen:
    """Which rows of the chunks are in a sample.

    Attributes
    ----------
    rows : dict of str to ndarray of int
        By chunk.
    test : set of str
        Galaxies kept for tests.
    report : dict
        Counts and thresholds, JSON-plain.
    """

    rows: dict[str, np.ndarray]
    test: set[str]
    report: dict


def make_sample(
    chunks: Mapping[str, str | Path],
    target: str | Path,
    size: str,
    settings: Mapping,
    provenance: Mapping,
) -> dict:
    """Write a sample of the chunks' spectra, scaled; return its counts.

    Parameters
    ----------
    chunks : mapping of str to path
        Files of flux at rest, by the chunk's name.
    target : path
        File of flux to write, see `skyloom.spectra.rest.files.paths`.
    size : str
        Spectra, as ``250k``.
    settings : mapping
        ``seed``, ``sample.scale``, ``sample.test`` and ``cuts.outliers``.
    provenance : mapping
        Kept in the table.

    Raises
    ------
    InputError
        Chunks on different grids, scaled ones, without the columns that cuts go by or
        a galaxy's name; fewer spectra than `size`.
    """
    sources = {name: _chunk(path) for name, path in chunks.items()}
    grid = _one_grid({chunks[name]: one.grid for name, one in sources.items()})
    method = settings["sample"]["scale"]
    try:
        chosen = choose(
            {name: one.info for name, one in sources.items()}, size_of(size), settings
        )
    except ValueError as bad:
        remedy = "ask for fewer (spectra.sample.size), or add spectra"
        raise InputError(target, str(bad), remedy=remedy) from None
    count = sum(map(len, chosen.rows.values()))
    with writing(target, count, grid, method, provenance) as add:
        for name, rows in progress(chosen.rows.items(), "chunks", len(chosen.rows)):
            for piece in sources[name].pieces(rows):
                add(_scaled(piece, method, chosen.test, chunks[name]))
    return chosen.report | {"scale": method}


def choose(tables: Mapping[str, pd.DataFrame], size: int, settings: Mapping) -> Chosen:
    """Return which rows are in a sample; ValueError for fewer than `size`."""
    logger, seed = logging.getLogger(NAME), settings["seed"]
    galaxies = {name: galaxy_of(info) for name, info in tables.items()}
    every = set().union(*galaxies.values())
    test = held_out(every, settings["sample"]["test"], seed)
    training = [
        info[~np.isin(galaxies[name], list(test))] for name, info in tables.items()
    ]
    ends = thresholds(
        pd.concat([t[list(EXTREMES)] for t in training]), settings["cuts"]["outliers"]
    )
    why = {name: reasons(info, ends) for name, info in tables.items()}
    available = {name: int((one == "").sum()) for name, one in why.items()}
    counts = quotas(available, size)
    for name, count in counts.items():
        if count < max(counts.values()) - 1:
            logger.warning("chunk %s has %d spectra only: it gives all", name, count)
    rows = {k: drawn(why[k] == "", count, seed, k) for k, count in counts.items()}
    left = Counter(reason for one in why.values() for reason in one if reason)
    report = {
        "spectra": size,
        "available": sum(available.values()),
        "left_out": dict(sorted(left.items())),
        "thresholds": dict(zip(EXTREMES, ends, strict=True)),
        "chunks": {k: {"available": available[k], "drawn": counts[k]} for k in tables},
        "galaxies": {"all": len(every), "test": len(test)},
    }
    logger.info("%d of %d spectra; left out: %s", size, report["available"], dict(left))
    return Chosen(rows, test, report)


def split_sample(
    source: str | Path,
    targets: Mapping[str, Sequence[str | Path]],
    provenance: Mapping,
) -> None:
    """Write the training and the test spectra of a sample, in its order.

    `targets` has the files of flux and of the table of ``train`` and of ``test``.
    """
    sample = read_spectra(source)
    part = sample.info[PART].to_numpy(str)
    for name in PARTS:
        if not (part == name).any():
            problem = f"no spectra of galaxies for {name}"
            remedy = "ask for a larger sample (spectra.sample.size), or more galaxies"
            raise InputError(source, problem, remedy=remedy)
    for name, (flux, info) in targets.items():
        rows = np.flatnonzero(part == name)
        how = (len(rows), sample.grid, sample.scaled, provenance, info)
        with writing(flux, *how) as add:
            for piece in sample.pieces(rows):
                add(piece)


def _chunk(path: str | Path) -> RestSpectra:
    found, remedy = read_spectra(path), "make it again with the rule rest"
    missing = [name for name in EXTREMES if name not in found.info]
    if missing:
        problem = f"its table has no column {', '.join(missing)}"
        raise InputError(path, problem, remedy=remedy)
    if found.scaled != "none":
        problem = f"its spectra are scaled by {found.scaled}"
        raise InputError(path, problem, expected="physical units", remedy=remedy)
    try:
        galaxy_of(found.info)
    except ValueError as bad:
        raise InputError(path, str(bad), where="its table") from None
    return found


def _one_grid(grids: Mapping[str | Path, RestGrid]) -> RestGrid:
    first, *others = grids.items()
    for path, grid in others:
        if grid != first[1]:
            expected = f"that of {first[0]}, {first[1]}"
            remedy = "make the chunks again with one grid (spectra.grid)"
            raise InputError(path, f"{grid}", expected=expected, remedy=remedy)
    return first[1]


def _scaled(piece: RestSpectra, method: str, test: set, path: str | Path):
    flux, ivar, usable = scale(piece.flux, piece.ivar, piece.grid, method)
    if not usable.all():
        galaxy = galaxy_of(piece.info)[int(np.argmin(usable))]
        problem = f"a spectrum of {galaxy} cannot be scaled, and its table says it can"
        remedy = "make it again with the rule rest"
        raise InputError(path, problem, remedy=remedy)
    part = np.where(np.isin(galaxy_of(piece.info), list(test)), *reversed(PARTS))
    return RestSpectra(
        flux, ivar, piece.info.assign(**{PART: part}), piece.grid, method
    )
