"""Files of spectra at rest: ``<name>.npy``, ``<name>_ivar.npy``, ``<name>_info.fits``.

Flux and inverse variance lie in files of their own, float32 of shape (n, pixels), so
that they can be mapped from the disk; the table has one row a spectrum, in the same
order. The table's header says which grid the pixels are on, and how they were scaled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table

from skyloom.io.atomic import replacing
from skyloom.io.errors import InputError, existing_file
from skyloom.io.fits import opened
from skyloom.io.tables import write_catalogue
from skyloom.spectra.rest.grid import RestGrid

CARDS = {"start": "RESTWAVE", "step": "RESTSTEP", "pixels": "RESTNPIX"}
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
        flux, ivar = np.asarray(self.flux[index]), np.asarray(self.ivar[index])
        return RestSpectra(flux, ivar, info, self.grid, self.scaled)


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
    where = paths(flux, info)
    write_array(where["flux"], spectra.flux)
    write_array(where["ivar"], spectra.ivar)
    table = Table.from_pandas(spectra.info)
    if provenance is not None:
        table.meta["provenance"] = provenance
    grid = {CARDS[name]: value for name, value in spectra.grid.to_json().items()}
    write_catalogue(where["info"], table, grid | {SCALED: spectra.scaled})


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
        table, header = file.table(1), file[0].header
    lacking = [card for card in (*CARDS.values(), SCALED) if card not in header]
    if lacking:
        problem = f"no card {', '.join(lacking)} in the header"
        remedy = "make it again with the rule that writes it"
        raise InputError(where["info"], problem, where="HDU 0", remedy=remedy)
    grid = RestGrid(*(header[card] for card in CARDS.values()))
    shape = (len(table), grid.pixels)
    arrays = [read_array(where[kind], shape) for kind in ("flux", "ivar")]
    return RestSpectra(*arrays, table.to_pandas(), grid, header[SCALED])


def write_array(path: str | Path, array: np.ndarray) -> None:
    """Write one array as float32 ``.npy``."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, np.ascontiguousarray(array, np.float32), allow_pickle=False)


def read_array(path: str | Path, shape: tuple[int, int]) -> np.ndarray:
    """Map a float32 ``.npy`` of a known shape from the disk; InputError otherwise."""
    path = existing_file(path)
    remedy = "make it again with the rule that writes it"
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as bad:
        problem = f"not a readable npy file ({bad})"
        raise InputError(path, problem, remedy=remedy) from None
    if not isinstance(array, np.ndarray):
        raise InputError(path, "an archive", expected="one array", remedy=remedy)
    if array.dtype != np.float32 or array.shape != shape:
        problem = f"{array.dtype} of shape {array.shape}"
        expected = f"float32 of shape {shape}, as its table says"
        raise InputError(path, problem, expected=expected, remedy=remedy)
    return array
