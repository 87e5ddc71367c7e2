"""Simulated galaxies: the chunks of a survey, and cubes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import numpy as np
import pandas as pd

from skyloom.io.atomic import replacing
from skyloom.io.catalogues import write_catalogue
from skyloom.io.fits import write_hdus
from skyloom.run.config import data_path
from skyloom.run.log import progress
from skyloom.spectra.config_simulation import Simulate
from skyloom.spectra.rest.files import open_array, table_of
from skyloom.spectra.simulation.cubes import logcube, maps, simulate_cube
from skyloom.spectra.simulation.frame import PIXELS, WAVE
from skyloom.spectra.simulation.galaxies import draw
from skyloom.spectra.simulation.noise import read_noise
from skyloom.spectra.simulation.plan import fibres_of
from skyloom.spectra.simulation.populations import read_library
from skyloom.spectra.simulation.survey import bins_of, simulate, truth

KINDS = ("spec", "ivar")


def write_chunk(
    paths: Mapping, names: Mapping[str, str], settings: Simulate, seed: int, record
) -> None:
    """Simulate the galaxies of a chunk, and write its files one galaxy at a time.

    Parameters
    ----------
    paths : mapping
        `spec`, `ivar`, `wave` (``.npy``), `table` and `truth` (``.fits``).
    names : mapping
        The galaxies' mangaIDs by plate-IFU.
    settings : Simulate
    seed : int
    record : mapping
        The provenance, for the tables.
    """
    library, noise = _models(settings)
    sizes = [bins_of(fibres_of(n), settings.spectra, settings.fibres) for n in names]
    shape = (sum(sizes), PIXELS)
    tables, rows = [], []
    with ExitStack() as stack:
        files = [stack.enter_context(open_array(paths[k], shape)) for k in KINDS]
        for name, manga in progress(names.items(), "simulating galaxies", len(names)):
            galaxy = draw(name, manga, settings.redshift, seed)
            made = simulate(galaxy, settings, library, noise, seed)
            for file, array in zip(files, (made.flux, made.ivar), strict=True):
                array.tofile(file)
            tables.append(made.table)
            rows.append(truth(galaxy))
        _write(paths["table"], pd.concat(tables, ignore_index=True), record)
        _write(paths["truth"], pd.DataFrame(rows), record)
        with replacing(paths["wave"]) as temporary, temporary.open("wb") as file:
            np.save(file, WAVE, allow_pickle=False)


def write_cube(
    paths: Mapping, name: str, manga: str, settings: Simulate, seed: int
) -> None:
    """Simulate a galaxy, and write its LOGCUBE and its MAPS, `cube` and `maps`."""
    library, noise = _models(settings)
    galaxy = draw(name, manga, settings.redshift, seed)
    made = simulate_cube(galaxy, settings, library, noise, seed)
    write_hdus(paths["cube"], logcube(made, noise))
    write_hdus(paths["maps"], maps(made))


def _models(settings: Simulate):
    folder = settings.templates
    library = read_library(None if folder is None else data_path(folder))
    return library, read_noise()


def _write(path, frame: pd.DataFrame, record) -> None:
    table = table_of(frame)
    table.meta["provenance"] = record
    write_catalogue(path, table)
