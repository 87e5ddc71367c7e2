"""Apply: files of spectra and cubes, placed on a trained map."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.io.fits import Header
from astropy.wcs import WCS
from matplotlib.figure import Figure

from skyloom.io.errors import DatumError, InputError
from skyloom.io.fits import fill, write_hdus
from skyloom.io.record import cards
from skyloom.io.tables import REDSHIFT, Column, read_csv
from skyloom.run.log import NAME
from skyloom.run.seeds import rng
from skyloom.spectra.labels.files import read_labels
from skyloom.spectra.labels.tables import MEANINGS
from skyloom.spectra.mapping.novelty import novelty_from
from skyloom.spectra.place.coherence import morans_i
from skyloom.spectra.place.figures import cube_figure, spectra_figure, unusual
from skyloom.spectra.place.sky import images, spaxels
from skyloom.spectra.place.spectra import NO_REDSHIFT, Model, place_spectra
from skyloom.spectra.readers.cubes import sky_of
from skyloom.spectra.readers.detect import read_any
from skyloom.spectra.readers.observed import Observed, at_rest, off_grid
from skyloom.spectra.rest.cuts import has_redshift
from skyloom.spectra.rest.files import RestSpectra, table_of
from skyloom.spectra.tasks.reading import read_map

SHOWN = 6  # spectra of a picture
UNITS = {"novelty": "%", "x": "arcsec", "y": "arcsec", "area": "arcsec2"}
LOGGED = 16  # batches between two lines of the log
AXES = ("MAP_ROW", "MAP_COLUMN")  # images whose coherence is told


@dataclass(frozen=True, eq=False)
class Placed:
    """What was found for the spectra of a file.

    Attributes
    ----------
    table : DataFrame
        One row a spectrum: what is known of it, and the columns of `place_spectra`.
    first : RestSpectra
        The first `SHOWN` spectra, at rest.
    images : dict of str to ndarray
        Of a cube, see `skyloom.spectra.place.sky.images`.
    sky : Header
        Of a cube, its celestial WCS.
    report : dict
        Counts and coherence, JSON-plain.
    """

    table: pd.DataFrame
    first: RestSpectra
    images: dict[str, np.ndarray] = field(default_factory=dict)
    sky: Header = field(default_factory=Header)
    report: dict = field(default_factory=dict)


def read_model(map_path: str | Path, labels_path: str | Path) -> Model:
    """Read a map with its labels; InputError where they are not of one training."""
    made, labels = read_map(map_path), read_labels(labels_path)
    remedy = f"take the labels.npz that was made with {Path(map_path).name}"
    if labels.map != made.digest:
        raise InputError(labels_path, "the labels of another map", remedy=remedy)
    try:
        novelty = novelty_from(labels.about["novelty"])
    except (KeyError, TypeError, ValueError) as bad:
        problem = f"no distances of training spectra ({bad!r})"
        raise InputError(labels_path, problem, remedy=remedy) from None
    return Model(made, labels, novelty)


def redshift_for(path: str | Path, listed: str | Path) -> float | None:
    """Return a file's redshift in a list, by its name; None if it is not known."""
    columns = {"file": Column("str", unique=True), "redshift": REDSHIFT}
    table = read_csv(listed, columns).set_index("file")["redshift"]
    return table.dropna().get(Path(path).name)


def place_file(
    path: str | Path, model: Model, redshift: str | Path | float | None, seed: int
) -> Placed:
    """Return what is found for all spectra of a file.

    Parameters
    ----------
    path : str or Path
        Spectra or a cube, of any layout that `read_any` knows.
    model : Model
        The map they are placed on.
    redshift : str, Path, float or None
        For a file that does not tell it; or a list, whose row replaces the file's own.
    seed : int
        Of the permutations of Moran's I.

    Raises
    ------
    InputError
        What the readers raise, also for a galaxy whose quality flag is critical.
    """
    if isinstance(redshift, str | Path):
        told = (redshift_for(path, redshift), None)
    else:
        told = (None, redshift)
    try:
        kind, parts = read_any(path, *told)
        table, columns, first = place_parts(parts, model)
    except DatumError as bad:
        raise InputError(path, str(bad), remedy="leave it out") from None
    counts = table["reason"].value_counts().drop("", errors="ignore")
    report = {"file": Path(path).name, "kind": kind, "spectra": len(table)}
    report["rejected"] = counts.astype(int).to_dict()
    logger = logging.getLogger(NAME)
    logger.info(
        "%s: %d of %d spectra placed", path, len(table) - counts.sum(), len(table)
    )
    for reason, count in report["rejected"].items():
        logger.warning("%s: %d rejected: %s", path, count, reason)
    if len(table) == 1 or not {"row", "column"} <= set(table):
        return Placed(table, first, report=report)
    sky, shape = sky_of(path)
    if not len(sky):
        logger.warning("%s: no celestial WCS; its maps have none either", path)
    maps = images(table[columns], spaxels(path, table, shape))
    if beyond := unusual(maps):
        logger.warning("%s: %s", path, beyond)
    report["coherence"] = {
        name: morans_i(
            np.where(maps["MASK"] == 0, maps[name], np.nan), rng(seed, "moran", name)
        )
        for name in AXES
    }
    return Placed(table, first, maps, sky, report)


def write_placed(path: str | Path, placed: Placed, provenance: Mapping) -> None:
    """Write the table of spectra and, of a cube, its images on the sky."""
    primary, report = fits.PrimaryHDU(), placed.report
    fill(primary.header, cards(provenance))
    rejected = sum(report["rejected"].values())
    numbers = {"NSPEC": report["spectra"], "NREJECT": rejected}
    for name, found in report.get("coherence", {}).items():
        if np.isfinite(found["i"]):
            axis = name[4]
            numbers[f"MORANI_{axis}"] = (found["i"], f"Moran's I of {name}")
            numbers[f"MORANP_{axis}"] = (found["p"], "its p under permutation")
    fill(primary.header, numbers)
    rows = table_of(placed.table)
    for name in rows.colnames:
        rows[name].unit = unit_of(name) or None
    table = fits.table_to_hdu(rows)
    table.name = "SPECTRA"
    hdus = [primary, table]
    for name, image in placed.images.items():
        hdu = fits.ImageHDU(image, name=name)
        hdu.header.update(placed.sky)
        hdu.header.update({"BUNIT": unit} if (unit := unit_of(name.lower())) else {})
        hdus.append(hdu)
    write_hdus(path, hdus)


def unit_of(name: str) -> str:
    """Return the unit of a column or image, empty where it has none."""
    label = name.removesuffix("_lower").removesuffix("_upper")
    return MEANINGS[label].unit if label in MEANINGS else UNITS.get(name, "")


def place_parts(
    parts: Iterable[Observed], model: Model
) -> tuple[pd.DataFrame, list[str], RestSpectra]:
    """Return the table of all spectra, the columns found, and the first spectra."""
    tables, first, columns = [], None, []
    for number, part in enumerate(parts):
        rest = at_rest(part, model.map.grid)
        found = place_spectra(model, rest)
        off = off_grid(part, model.map.grid)
        found.loc[off != "", "reason"] = off[off != ""]
        found.loc[~has_redshift(part.info), "reason"] = NO_REDSHIFT
        columns = list(found)
        known = rest.info.drop(columns=columns, errors="ignore")
        tables.append(pd.concat([known, found], axis=1))
        first = first or rest.rows(slice(0, SHOWN))
        if number % LOGGED == LOGGED - 1:
            logging.getLogger(NAME).info("%d spectra", sum(map(len, tables)))
    return pd.concat(tables, ignore_index=True), columns, first


def picture(placed: Placed, model: Model) -> Figure:
    """Return the maps of a cube, or the first spectra of a file."""
    if placed.images:
        wcs = WCS(placed.sky) if placed.sky else None
        return cube_figure(placed.images, tuple(model.labels.labels), wcs)
    return spectra_figure(placed.first, placed.table, model)
