"""Galaxies, one by one: their spectra, and their fingerprints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table

from skyloom.io.errors import DatumError, InputError
from skyloom.io.fits import opened
from skyloom.run.provenance import Recipe
from skyloom.spectra.config_galaxies import Fingerprints
from skyloom.spectra.galaxies.files import (
    GALAXY,
    layout_of,
    read_galaxy,
    write_fingerprints,
)
from skyloom.spectra.galaxies.fingerprints import COLUMNS, fingerprint, weights
from skyloom.spectra.galaxies.splits import NONE_LEFT, galaxy_spectra, no_spectra
from skyloom.spectra.galaxies.summary import summary
from skyloom.spectra.rest.files import (
    RestSpectra,
    read_spectra,
    table_of,
    write_spectra,
)
from skyloom.spectra.rest.files import paths as files_of
from skyloom.spectra.rest.galaxy import galaxy_of
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.scale import scale
from skyloom.spectra.tasks.reading import read_map


def by_name(paths: Iterable[str]) -> dict[str, str]:
    """Return files of flux or of fingerprints, ``<name>.npy``, by their names."""
    return {Path(path).stem: path for path in paths}


def products(fluxes: Iterable[str], kinds: Iterable[str]) -> dict[str, dict]:
    """Return the files of each galaxy by kind: flux, ivar, info."""
    return {
        name: {kind: str(files_of(path)[kind]) for kind in kinds}
        for name, path in by_name(fluxes).items()
    }


def split_galaxy(
    name: str,
    paths: Mapping[str, Path],
    *,
    chunks: list[str],
    galaxies: Mapping[str, str],
    recipe: Recipe,
) -> None:
    """Write the spectra of a galaxy; DatumError if none is left."""
    spectra = galaxy_spectra(name, galaxies[name], chunks)
    _write(paths, spectra, recipe.record(chunks))


def without_spectra(
    name: str,
    reason: str,
    paths: Mapping[str, Path],
    *,
    chunks: list[str],
    recipe: Recipe,
) -> None:
    """Write the empty set of a galaxy without spectra: the `reason` is in the log."""
    del name, reason
    _write(paths, no_spectra(chunks[0]), recipe.record(chunks))


def _write(paths: Mapping[str, Path], spectra: RestSpectra, provenance: dict) -> None:
    # A galaxy's files lie in folders of their own until all are whole.
    write_spectra(paths["flux"], spectra, provenance, info=paths["info"])
    own = files_of(paths["flux"])["ivar"]
    own.rename(paths["ivar"])


def placed_spectra(path: str, map_file: str, settings: Fingerprints) -> pd.DataFrame:
    """Return the table of a galaxy's spectra with unit, distance to it, and weight.

    A spectrum that cannot be scaled has weight 0 and no distance.

    Raises
    ------
    InputError
        Spectra on another grid than the map's, scaled, or without a column that the
        settings need.
    """
    made, spectra = _map(map_file), read_spectra(path)
    _check(files_of(path)["info"], spectra, made.grid, settings)
    flux, ivar, usable = scale(spectra.flux, spectra.ivar, made.grid, made.scaled)
    unit, distance = np.zeros(len(flux), np.int32), np.full(len(flux), np.nan, "f4")
    if usable.any():
        unit[usable], distance[usable], _ = made.place(flux[usable], ivar[usable])
    weight = weights(spectra.info, settings.weight, settings.radius)
    weight = np.where(usable, weight, 0.0)
    return spectra.info.assign(bmu=unit, distance=distance, weight=weight)


# A process reads the map once for all the galaxies that it is given.
_map = lru_cache(maxsize=1)(read_map)


def _check(table: Path, spectra: RestSpectra, grid: RestGrid, settings) -> None:
    if spectra.grid != grid:
        problem, expected = f"on the grid {spectra.grid}", f"{grid}, that of the map"
        remedy = "make galaxies and map with the same settings"
        raise InputError(table, problem, expected=expected, remedy=remedy)
    if spectra.scaled != "none":
        problem = f"its flux is scaled ({spectra.scaled})"
        raise InputError(table, problem, expected="flux in physical units")
    needed = {COLUMNS[settings.weight]: "weight to counts"}
    needed |= {"r_re_light": "radius to null"} if settings.radius is not None else {}
    for column, other in needed.items():
        if column is not None and column not in spectra.info:
            remedy = f"set spectra.fingerprints.{other}"
            raise InputError(table, f"no column {column}", where="HDU 1", remedy=remedy)


@dataclass(frozen=True)
class Fingerprinting:
    """How the fingerprints of a job's galaxies are made, and written.

    Attributes
    ----------
    map_file : str
        The map.
    files : mapping of str to str
        Flux of each galaxy, by name.
    galaxies : mapping of str to str
        plate-IFU of each, by name.
    settings : Fingerprints
        The section `fingerprints`.
    recipe : Recipe
        What each product records.
    """

    map_file: str
    files: Mapping[str, str]
    galaxies: Mapping[str, str]
    settings: Fingerprints
    recipe: Recipe

    def make(self, name: str, paths: Mapping[str, Path]) -> None:
        """Write the fingerprint of a galaxy; DatumError if no spectrum counts."""
        placed = placed_spectra(self.files[name], self.map_file, self.settings)
        if not (placed["weight"] > 0).any():
            raise DatumError("none of its spectra counts" if len(placed) else NONE_LEFT)
        self._write(name, paths, placed)

    def without(self, name: str, reason: str, paths: Mapping[str, Path]) -> None:
        """Write the fingerprint of a galaxy without spectra: 0 at all units."""
        del reason  # the log has it
        placed = placed_spectra(self.files[name], self.map_file, self.settings)
        self._write(name, paths, placed)

    def _write(self, name: str, paths: Mapping[str, Path], placed: pd.DataFrame):
        layout = layout_of(_map(self.map_file).som)
        weight = placed["weight"].to_numpy()
        share, _ = fingerprint(placed["bmu"].to_numpy(), weight, layout.n_units)
        table = table_of(placed)
        table.meta["provenance"] = self.recipe.record([self.files[name], self.map_file])
        header = {
            GALAXY: self.galaxies[name],
            "WEIGHT": self.settings.weight,
            "RADIUS": self.settings.radius or "none",
        }
        write_fingerprints(paths["flux"], share, table, layout, header, paths["info"])


def stack(files: Iterable[str], training: Iterable[str]) -> tuple:
    """Return fingerprints, their table and the map's layout, of files of galaxies.

    Raises
    ------
    InputError
        No galaxy at all, galaxies of different maps, or one galaxy under two names.
    """
    known, shares, rows, first, seen = set(training), [], [], None, {}
    what = "fingerprints.npy"
    for name, path in sorted(by_name(files).items(), key=_order):
        share, placed, layout, plateifu = read_galaxy(path)
        first = first or (path, layout)
        if layout != first[1]:
            problem, expected = (
                f"on the map {layout}",
                f"{first[1]}, that of {first[0]}",
            )
            raise InputError(path, problem, expected=expected)
        if plateifu in seen:
            problem = f"galaxy {plateifu}, which {seen[plateifu]} holds, too"
            raise InputError(path, problem, expected="one file a galaxy")
        seen[plateifu] = path
        shares.append(share)
        rows.append(summary(name, plateifu, placed, layout.n_units, known))
    if first is None:
        raise InputError(what, "no galaxies", expected="one at least")
    return np.stack(shares), Table(rows=rows), first[1]


def galaxies_of(table: str | Path) -> set[str]:
    """Return the galaxies of a table of spectra, such as Y_train.fits: `galaxy_of`."""
    with opened(table) as file:
        columns = file.columns(1, ["plateifu"], ["mangaID"])
    return set(galaxy_of(pd.DataFrame({k: v.astype(str) for k, v in columns.items()})))


def _order(item: tuple[str, str]) -> tuple:
    name = item[0]
    return (0, int(name), "") if name.isdigit() else (1, 0, name)
