"""The spectra of one galaxy, taken out of the chunks that hold them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import DatumError, InputError
from skyloom.spectra.rest.files import RestSpectra, paths, read_spectra

NONE_LEFT = "none of its spectra passed the cuts"


def galaxy_spectra(name: str, plateifu: str, chunks: Iterable[str]) -> RestSpectra:
    """Return the spectra of a galaxy, in the order of the chunks and of their rows.

    Parameters
    ----------
    name : str
        What its files are called: the number of its mangaID, or its plate-IFU.
    plateifu : str
        Which galaxy it is.
    chunks : iterable of str
        Files of flux at rest that may hold spectra of it.

    Raises
    ------
    DatumError
        No spectrum of it is left in the chunks.
    InputError
        Chunks on different grids or scaled, without the column plateifu, or spectra of
        another mangaID than the name says.
    """
    parts, first = [], None
    for path in chunks:
        spectra, rows = _chunk(str(path))
        first = first or (path, spectra)
        if spectra.grid != first[1].grid:
            problem = f"on the grid {spectra.grid}"
            expected = f"{first[1].grid}, that of {first[0]}"
            raise InputError(path, problem, expected=expected)
        if plateifu in rows:
            parts.append(spectra.rows(rows[plateifu]))
            _check_name(path, name, plateifu, parts[-1].info)
    if not parts:
        raise DatumError(NONE_LEFT)
    flux, ivar = (np.concatenate([getattr(p, k) for p in parts]) for k in KINDS)
    info = pd.concat([p.info for p in parts], ignore_index=True)
    return RestSpectra(flux, ivar, info, parts[0].grid)


KINDS = ("flux", "ivar")


def no_spectra(chunk: str) -> RestSpectra:
    """Return a set without spectra, of the grid and the columns of a chunk."""
    return _chunk(str(chunk))[0].rows(np.zeros(0, int))


@lru_cache(maxsize=16)
def _chunk(path: str) -> tuple[RestSpectra, dict[str, np.ndarray]]:
    """Return a chunk, its arrays mapped from the disk, and the rows of each galaxy."""
    spectra = read_spectra(path)
    table = paths(path)["info"]
    if "plateifu" not in spectra.info:
        remedy = "make it again with the rule that writes it"
        raise InputError(table, "no column plateifu", where="HDU 1", remedy=remedy)
    if spectra.scaled != "none":
        problem = f"its flux is scaled ({spectra.scaled})"
        raise InputError(table, problem, expected="flux in physical units")
    return spectra, dict(spectra.info.groupby("plateifu").indices)


def _check_name(path: str, name: str, plateifu: str, info: pd.DataFrame) -> None:
    """Refuse spectra of a mangaID whose number is not the name of the files."""
    if name == plateifu or "mangaID" not in info:
        return
    other = info["mangaID"].astype(str).str.rpartition("-")[2] != name
    if other.any():
        row = int(np.argmax(other))
        where = f"galaxy {plateifu}, its spectrum {row}"
        problem = f"mangaID {info['mangaID'].iloc[row]}, but its files are named {name}"
        remedy = "the list of galaxies is older than the chunks: remove .snakemake"
        raise InputError(Path(path), problem, where=where, remedy=remedy)
