"""Files of spectra at rest: ``<name>.npy``, ``<name>_ivar.npy``, ``<name>_info.fits``.

Flux and inverse variance lie in files of their own, float32 of shape (n, pixels), so
that they can be mapped from the disk; the table has one row a spectrum, in the same
order. The table's header says which grid the pixels are on, and how they were scaled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from tokenize import TokenError

import numpy as np
import pandas as pd
from astropy.table import Table
from pandas.api.types import is_numeric_dtype

from skyloom.io.atomic import replacing
from skyloom.io.catalogues import write_catalogue
from skyloom.io.errors import InputError, existing_file
from skyloom.io.fits import opened
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.scale import METHODS

CARDS = {"start": "RESTWAVE", "step": "RESTSTEP", "pixels": "RESTNPIX"}
CHUNK = 1024  # spectra at a time
# What numpy raises of a damaged header, which it evaluates, or of sizes that it tells.
UNREADABLE = (
    *(ValueError, OSError, EOFError, TypeError, OverflowError, SyntaxError),
    TokenError,
)
SCALED = "SCALED"  # how the flux was scaled: "none", or a method of `scale`


@dataclass(frozen=True, eq=False)
class RestSpectra:
    """Spectra on one grid at rest.

    Attributes
    ----------
    flux : ndarray of float32, shape (n, pixels)
        Finite; 0 where masked.
    ivar : ndarray of float32, shape (n, pixels)
        Inverse variance of `flux`; 0 where masked.
    info : DataFrame of n rows
        Whatever is known of each spectrum, index 0 to n - 1.
    grid : RestGrid
        Wavelengths of the pixels.
    scaled : str
        How the flux was scaled; ``"none"`` for physical units.
    """

    flux: np.ndarray
    ivar: np.ndarray
    info: pd.DataFrame
    grid: RestGrid
    scaled: str = "none"

    def __post_init__(self):
        shape = (len(self.info), self.grid.pixels)
        if self.flux.shape != shape or self.ivar.shape != shape:
            msg = f"flux {self.flux.shape} and ivar {self.ivar.shape}, not {shape}"
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.info)

    def rows(self, index) -> RestSpectra:
        """Return the chosen spectra, read into memory."""
        info = self.info.iloc[index].reset_index(drop=True)
        flux, ivar = taken(self.flux, index), taken(self.ivar, index)
        return RestSpectra(flux, ivar, info, self.grid, self.scaled)

    def evenly(self, count: int) -> RestSpectra:
        """Return at most `count` spectra, evenly spread over all, read into memory."""
        rows = np.linspace(0, len(self) - 1, min(count, len(self)))
        return self.rows(np.unique(rows.astype(int)))

    def pieces(self, index: np.ndarray) -> Iterator[RestSpectra]:
        """Yield the chosen spectra, a `CHUNK` at a time."""
        for first in range(0, len(index), CHUNK):
            yield self.rows(index[first : first + CHUNK])


def taken(array: np.ndarray, index) -> np.ndarray:
    """Return rows of an array, copied; of a memory map no page stays in memory."""
    # A part of a map does not know where in the file it begins: it is read as it is.
    if isinstance(array, np.memmap) and isinstance(array.base, mmap):
        how = {"dtype": array.dtype, "offset": array.offset, "shape": array.shape}
        array = np.memmap(array.filename, mode="r", **how)
    return np.array(array[index])


def paths(flux: str | Path, info: str | Path | None = None) -> dict[str, Path]:
    """Return the three files of a set of spectra, by the name of its flux.

    `info` is given where it has a name of its own, as ``Y_train.fits``.
    """
    flux = Path(flux)
    table = flux.with_name(f"{flux.stem}_info.fits") if info is None else Path(info)
    return {
        "flux": flux,
        "ivar": flux.with_name(f"{flux.stem}_ivar.npy"),
        "info": table,
    }


def write_spectra(
    flux: str | Path,
    spectra: RestSpectra,
    provenance: Mapping | None = None,
    info: str | Path | None = None,
) -> None:
    """Write the three files of a set, each whole or not at all."""
    grid, scaled = spectra.grid, spectra.scaled
    with writing(flux, len(spectra), grid, scaled, provenance, info) as add:
        add(spectra)


@contextmanager
def writing(
    flux: str | Path,
    rows: int | None,
    grid: RestGrid,
    scaled: str,
    provenance: Mapping | None = None,
    info: str | Path | None = None,
) -> Iterator[Callable[[RestSpectra], None]]:
    """Give a function that adds spectra to a set, which is written in pieces.

    Parameters
    ----------
    flux : str or Path
        Name of the set, see `paths`; its files are written whole or not at all.
    rows : int or None
        Spectra that will be added, in all; None where that shows at the end only.
    grid, scaled
        As in `RestSpectra`.
    provenance : mapping, optional
        Kept in the table's header.
    info : str or Path, optional
        See `paths`.
    """
    where, tables = paths(flux, info), []
    with (
        open_array(where["flux"], (rows, grid.pixels)) as one,
        open_array(where["ivar"], (rows, grid.pixels)) as two,
    ):

        def add(piece: RestSpectra) -> None:
            for file, array in ((one, piece.flux), (two, piece.ivar)):
                np.ascontiguousarray(array, np.float32).tofile(file)
            tables.append(piece.info)

        yield add
        given = sum(map(len, tables))
        if rows is not None and given != rows:
            msg = f"{flux}: {given} spectra were added, not {rows}"
            raise ValueError(msg)
    whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    write_info(where["info"], whole, grid, scaled, provenance)


def write_info(
    path: Path, info: pd.DataFrame, grid: RestGrid, scaled: str, provenance=None
) -> None:
    """Write the table of a set of spectra."""
    table = table_of(info)
    if provenance is not None:
        table.meta["provenance"] = provenance
    cards = {CARDS[name]: value for name, value in grid.to_json().items()}
    write_catalogue(path, table, cards | {SCALED: scaled})


def table_of(info: pd.DataFrame) -> Table:
    """Return a table that FITS can hold: a text that is missing becomes empty."""
    texts = [name for name in info if not is_numeric_dtype(info[name])]
    table = Table.from_pandas(info.drop(columns=texts))
    for name in texts:
        filled = [text if isinstance(text, str) else "" for text in info[name]]
        table[name] = np.array(filled, str)
    return table[list(info)]


@contextmanager
def open_array(path: Path, shape: tuple[int | None, int]) -> Iterator:
    """Open a float32 ``.npy`` that is written in pieces; None rows are counted."""
    rows, pixels = shape
    header = {"descr": "<f4", "fortran_order": False, "shape": (rows or 0, pixels)}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        begin = file.tell()
        yield file
        if rows is None:
            # numpy leaves room for the first axis to grow: the header stays as long.
            header["shape"] = ((file.tell() - begin) // (4 * pixels), pixels)
            file.seek(0)
            np.lib.format.write_array_header_1_0(file, header)
        file.flush()


def read_spectra(flux: str | Path, info: str | Path | None = None) -> RestSpectra:
    """Return a set of spectra, its arrays mapped from the disk.

    Raises
    ------
    InputError
        A file that is missing or damaged, of another shape than the table says, or
        without the grid in the table's header.
    """
    where = paths(flux, info)
    with opened(where["info"]) as file:
        table, header = file.table(1), file.cards(0, *CARDS.values(), SCALED)
    grid, scaled = _facts(where["info"], header)
    shape = (len(table), grid.pixels)
    arrays = [read_array(where[kind], shape) for kind in ("flux", "ivar")]
    return RestSpectra(*arrays, table.to_pandas(), grid, scaled)


def _facts(path: Path, header: Mapping) -> tuple[RestGrid, str]:
    """Return the grid and the scaling that a table's header tells."""
    remedy = "make it again with the rule that writes it"
    lacking = [card for card in (*CARDS.values(), SCALED) if card not in header]
    if lacking:
        problem = f"no card {', '.join(lacking)} in the header"
        raise InputError(path, problem, where="HDU 0", remedy=remedy)
    try:
        grid = RestGrid(*(header[card] for card in CARDS.values()))
    except (ValueError, TypeError) as bad:
        raise InputError(path, str(bad), where="HDU 0", remedy=remedy) from None
    known = ("none", *METHODS)
    if header[SCALED] not in known:
        problem, expected = f"{SCALED} is {header[SCALED]!r}", ", ".join(known)
        raise InputError(path, problem, where="HDU 0", expected=expected)
    return grid, header[SCALED]


def read_array(path: str | Path, shape: tuple[int, int]) -> np.ndarray:
    """Map a float32 ``.npy`` of a known shape from the disk; InputError otherwise."""
    remedy = "make it again with the rule that writes it"
    array = map_array(path, remedy)
    if array.dtype != np.float32 or array.shape != shape:
        problem = f"{array.dtype} of shape {array.shape}"
        expected = f"float32 of shape {shape}, as its table says"
        raise InputError(path, problem, expected=expected, remedy=remedy)
    return array


def map_array(path: str | Path, remedy: str) -> np.ndarray:
    """Map an array of any shape from the disk; InputError for what is none."""
    path = existing_file(path)
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except UNREADABLE as bad:
        problem = f"not a readable npy file ({bad})"
        raise InputError(path, problem, expected="one array", remedy=remedy) from None
