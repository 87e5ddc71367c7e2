"""The internal table of spectra: one HDF5 file, written and read piece by piece.

``flux`` and ``ivar``, shape (n, size) float32, and the table of facts ``meta``, whose
columns are numbers; ``about`` has the grid, and what made them. Rows keep the order in
which they came. Same spectra, same bytes; damage is noticed when it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from skyloom.io.atomic import replacing
from skyloom.io.documents import plain
from skyloom.io.errors import REMADE, InputError, existing_file
from skyloom.io.hdf5 import create_hdf5, opened_hdf5, read_tree, write_tree
from skyloom.io.spectra import META, Spectra, identified
from skyloom.quasars.spectra.grid import Grid, rebin
from skyloom.quasars.spectra.quality import dead_arms, signal_to_noise

FORMAT = "skyloom.quasars.spectra 4"
KINDS = {"flux": "f", "ivar": "f", "meta": "V"}  # numpy's, of the datasets
CHUNK = 256  # rows: about half a megabyte of a dataset

UNSOUND = "a number that is not finite, or an inverse variance below 0"

Batch = tuple[pd.DataFrame, np.ndarray, np.ndarray]


def batch(spectra: Spectra, grid: Grid) -> Batch:
    """Return spectra as the store takes them: facts, flux and ivar on the grid.

    Facts are those of `spectra`, with what surveys call them (`identified`),
    `dead_arms` and `sn` (median per native pixel).
    """
    facts = {"dead_arms": dead_arms(spectra), "sn": signal_to_noise(spectra)}
    return identified(spectra.meta).assign(**facts), *rebin(spectra, grid)


def write_store(
    path: str | Path,
    batches: Iterable[Batch],
    grid: Grid,
    provenance: Mapping | None = None,
) -> None:
    """Write spectra as they come, whole or not at all.

    No more than a batch and a chunk are in memory.

    Parameters
    ----------
    path : str or Path
        The file.
    batches : iterable of (DataFrame, ndarray, ndarray)
        What `batch` returns.
    grid : Grid
        Of all of them.
    provenance : mapping, optional
        The record of `skyloom.run.provenance.record`.

    Raises
    ------
    ValueError
        No spectrum, shapes that disagree, columns that change or hold no numbers, an
        inverse variance below 0.
    """
    with (
        replacing(path) as temporary,
        create_hdf5(temporary) as file,
    ):
        file.attrs["format"] = np.bytes_(FORMAT)
        known = {"grid": asdict(grid), "provenance": plain(provenance)}
        write_tree(file, "about", known)
        n = 0
        for meta, flux, ivar in gathered(batches, CHUNK):
            table = {"meta": _records(meta), "flux": flux, "ivar": ivar}
            _check(file, table, grid)
            for name, values in table.items():
                dataset = file.get(name) or _created(file, name, values)
                dataset.resize(n + len(meta), axis=0)
                dataset[n:] = values
            n += len(meta)
        if n == 0:
            msg = f"{path}: no spectrum to write"
            raise ValueError(msg)


def gathered(batches: Iterable[Batch], size: int) -> Iterator[Batch]:
    """Yield batches joined until they have `size` spectra or more, the rest last."""
    # Files of one spectrum each would touch every chunk of a store 256 times.
    waiting: list[Batch] = []
    for one in batches:
        waiting.append(one)
        if sum(len(meta) for meta, _, _ in waiting) >= size:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


class Store:
    """An open table of spectra, a file of `write_store`; a context manager.

    Raises
    ------
    InputError
        Not such a file, cut short or damaged, its datasets disagree, or, when they are
        read, spectra that cannot be.
    """

    def __init__(self, path: str | Path):
        self.path = existing_file(path)
        with ExitStack() as stack:
            with self._reading():
                self._file = stack.enter_context(opened_hdf5(self.path))
                self.grid = self._checked_grid()
            self._open = stack.pop_all()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error) -> None:
        self._open.close()

    def __len__(self) -> int:
        return self._file["flux"].shape[0]

    @property
    def meta(self) -> pd.DataFrame:
        """Return the facts of all spectra, one row each."""
        with self._reading():
            return pd.DataFrame(self._file["meta"][:])

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield what `write_store` took, `size` spectra at a time, in order."""
        meta = self.meta
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield meta[rows].reset_index(drop=True), *self._pixels(rows)

    def rows(self, index) -> tuple[np.ndarray, np.ndarray]:
        """Return flux and ivar of chosen rows, each (len(index), size), float32.

        `index` holds row numbers in any order, repeated or not, or is a mask of all.
        """
        index = np.arange(len(self))[index]
        # HDF5 picks single rows slowly; a store is an exposure, or what is trained on.
        flux, ivar = self._pixels(slice(None))
        return flux[index], ivar[index]

    def _pixels(self, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        with self._reading():
            flux, ivar = (self._file[name][rows] for name in ("flux", "ivar"))
        if not _sound(flux, ivar):
            raise InputError(self.path, UNSOUND, remedy=REMADE)
        return flux, ivar

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except Exception as bad:  # h5py's have no class in common
            problem = f"not a readable table of spectra ({bad})"
            raise InputError(
                self.path, problem, expected=FORMAT, remedy=REMADE
            ) from None

    def _checked_grid(self) -> Grid:
        found = self._file.attrs.get("format")
        if found != FORMAT.encode():
            problem, expected = f"format {found!r}", f"{FORMAT!r}"
            raise InputError(self.path, problem, expected=expected, remedy=REMADE)
        kinds = {name: self._file[name].dtype.kind for name in ("flux", "ivar", "meta")}
        if kinds != KINDS:
            problem, expected = f"datasets of the kinds {kinds}", f"{KINDS}"
            raise InputError(self.path, problem, expected=expected, remedy=REMADE)
        grid = Grid(**read_tree(self._file, "about")["grid"])
        n = {len(self._file[name]) for name in ("flux", "ivar", "meta")}
        sizes = {self._file[name].shape[1] for name in ("flux", "ivar")}
        if len(n) != 1 or sizes != {grid.size}:
            problem = f"datasets of {sorted(n)} rows, {sorted(sizes)} pixels"
            expected = f"as many rows in each, {grid.size} pixels"
            raise InputError(self.path, problem, expected=expected, remedy=REMADE)
        return grid


def _joined(some: list[Batch]) -> Batch:
    if len(some) == 1:
        return some[0]
    names = {tuple(meta.columns) for meta, _, _ in some}
    if len(names) > 1:
        msg = f"columns change from one batch to the next: {sorted(names)}"
        raise ValueError(msg)
    meta, flux, ivar = zip(*some, strict=True)
    table = pd.concat(meta, ignore_index=True)
    return table, np.concatenate(flux), np.concatenate(ivar)


def _records(meta: pd.DataFrame) -> np.ndarray:
    """Return the table of facts as a structured array."""
    missing = [name for name in META if name not in meta]
    words = [name for name, kind in meta.dtypes.items() if not _number(kind)]
    if missing or words:
        msg = f"meta: no column {missing}, and no numbers in {words}"
        raise ValueError(msg)
    return np.asarray(meta.to_records(index=False)).view(np.ndarray)


def _sound(flux: np.ndarray, ivar: np.ndarray) -> bool:
    return bool(
        np.isfinite(flux).all() and np.isfinite(ivar).all() and (ivar >= 0).all()
    )


def _number(dtype) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind in "iufb"


def _check(file: h5py.File, table: dict[str, np.ndarray], grid: Grid) -> None:
    shape = (len(table["meta"]), grid.size)
    flux, ivar = table["flux"].shape, table["ivar"].shape
    if flux != shape or ivar != shape:
        msg = f"flux {flux} and ivar {ivar}: expected {shape}"
        raise ValueError(msg)
    if not _sound(table["flux"], table["ivar"]):
        raise ValueError(UNSOUND)
    names = table["meta"].dtype.names
    if "meta" in file and names != file["meta"].dtype.names:
        msg = f"columns change from {file['meta'].dtype.names} to {names}"
        raise ValueError(msg)


def _created(file: h5py.File, name: str, values: np.ndarray) -> h5py.Dataset:
    inner = values.shape[1:]
    return file.create_dataset(
        name,
        shape=(0, *inner),
        maxshape=(None, *inner),
        chunks=(CHUNK, *inner) if inner else (64 * CHUNK,),
        dtype=values.dtype,
        track_times=False,
        fletcher32=True,
    )
