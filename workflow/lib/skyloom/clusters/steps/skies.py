"""A real galaxy catalogue: painted tile by tile, looked at, and dropped again."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from skyloom.clusters.bands import BANDS
from skyloom.clusters.baselines.matched_filter import find_clusters
from skyloom.clusters.baselines.membership import Filter
from skyloom.clusters.baselines.randoms import shuffled
from skyloom.clusters.catalogue.colours import (
    RedSequence,
    read_red_sequence,
    read_templates,
)
from skyloom.clusters.catalogue.halos import HaloSettings
from skyloom.clusters.catalogue.sample import SampleSettings, World, draw_field
from skyloom.clusters.evaluation.intervals import rate
from skyloom.clusters.finder.catalogue import write_detections
from skyloom.clusters.finder.merge import MergeSettings, merge
from skyloom.clusters.finder.peaks import PeakSettings, candidates
from skyloom.clusters.inference.blend import TileMaps, blend
from skyloom.clusters.inference.classify import Predictor, classify_tile
from skyloom.clusters.inference.survey_tile import SurveyTile, open_survey_tile
from skyloom.clusters.inference.windows import WindowSettings
from skyloom.clusters.real_field.footprint import (
    Footprint,
    image_mask,
    read_footprint,
)
from skyloom.clusters.real_field.paint import SkyTile, cover, tile_sources, with_faint
from skyloom.clusters.real_field.sdss import read_galaxies
from skyloom.clusters.real_field.transform import SdssToDes
from skyloom.clusters.steps.looking import (
    WINDOWS,
    read_candidates,
    write_prediction,
)
from skyloom.clusters.steps.painting import Camera
from skyloom.io.fits import fill, write_hdus
from skyloom.io.tables import write_catalogue
from skyloom.run.seeds import rng

REAL = 0  # later skies are the same galaxies at random places
PROBABILITIES = (0.5, 0.7, 0.9)  # above which false alarms are counted


@dataclass(frozen=True)
class Faint:
    """A modelled population below the limit of a real catalogue.

    Attributes
    ----------
    world : World
        Its colours.
    settings : SampleSettings
        What is drawn, without clusters.
    limit : float
        i magnitude of the real catalogue [AB mag].
    """

    world: World
    settings: SampleSettings
    limit: float


@dataclass(frozen=True)
class Skies:
    """A real catalogue, and the same galaxies at random places.

    Attributes
    ----------
    galaxies : sequence of Table
        The real ones first.
    tiles : dict of str to SkyTile
        By name.
    footprint : Footprint
        Where the catalogue has looked.
    """

    galaxies: Sequence[Table]
    tiles: dict[str, SkyTile]
    footprint: Footprint

    def names(self) -> dict[str, tuple[int, str]]:
        """Return number of the sky and tile by ``sky{k}_{tile}``."""
        skies = range(len(self.galaxies))
        return {f"sky{k}_{name}": (k, name) for k in skies for name in self.tiles}


def read_sky(files: Sequence[str]) -> tuple[Table, Footprint]:
    """Return the galaxies of a catalogue, and where it has looked.

    Parameters
    ----------
    files : sequence of path
        One table, or all tables of a folder.
    """
    place = files[0] if len(files) == 1 else Path(files[0]).parent
    galaxies = read_galaxies(place)
    return galaxies, read_footprint(place, galaxies)


def read_faint(tables: Path, section: Mapping) -> Faint | None:
    """Return what lies below a catalogue's limit; None where nothing is wanted.

    Parameters
    ----------
    tables : Path
        Folder of the checkout's tables of clusters.
    section : mapping
        ``real_field`` of the configuration.
    """
    if not section["faint"]:
        return None
    alone = SampleSettings(
        image_size=section["side"], halos=HaloSettings(per_field=0.0)
    )
    galaxies = read_templates(tables / "galaxies.csv")
    none = Table()  # clusters, of which none is drawn
    world = World(none, read_red_sequence(tables / "red_sequence.csv"), galaxies)
    return Faint(world, alone, section["limit"])


def make_skies(
    galaxies: Table, footprint: Footprint, shuffles: int, size: tuple, seed: int
) -> Skies:
    """Return a real catalogue on tiles, and shuffled ones on the same.

    Parameters
    ----------
    galaxies : Table
        Of `skyloom.clusters.real_field.sdss.read_galaxies`.
    footprint : Footprint
        Where they are.
    shuffles : int
        How many shuffled skies.
    size : tuple of 2 int
        Side of a tile and overlap of neighbours [px].
    seed : int
        Of the run.
    """
    moved = [
        shuffled(galaxies, footprint, rng(seed, "shuffle", k)) for k in range(shuffles)
    ]
    tiles = {tile.name: tile for tile in cover(galaxies, *size)}
    return Skies([galaxies, *moved], tiles, footprint)


@dataclass(frozen=True)
class Painter:
    """Paints galaxies of a real catalogue.

    Attributes
    ----------
    transform : SdssToDes
        Between the catalogue's bands and the images'.
    faint : Faint or None
        What lies below.
    camera : Camera
        How it is painted.
    """

    transform: SdssToDes
    faint: Faint | None
    camera: Camera

    def sources(self, galaxies: Table, tile: SkyTile, item: str) -> Table:
        """Return what is painted on a tile of a sky."""
        seed, faint = self.camera.seed, self.faint
        sources = tile_sources(galaxies, tile, self.transform, seed)
        if faint is None:
            return sources
        number = int(rng(seed, "faint", item).integers(2**31))
        modelled, _, _ = draw_field(seed, number, faint.world, faint.settings)
        return with_faint(sources, modelled, faint.limit)


@dataclass(frozen=True)
class Finder:
    """Finds clusters on images.

    Attributes
    ----------
    predictor, windows, batch
        The encoder, see `skyloom.clusters.steps.looking.Look`.
    peaks : PeakSettings
        How clusters are found.
    """

    predictor: Predictor
    windows: WindowSettings
    batch: int
    peaks: PeakSettings

    def maps(self, seen: SurveyTile, folder: Path) -> TileMaps:
        """Return the maps of a tile; its windows are kept in a folder."""
        how = {"batch": self.batch, "restart": True}
        windows = classify_tile(seen, self.predictor, self.windows, folder, **how)
        return blend(windows, seen.shape, self.windows.tile)


@dataclass(frozen=True)
class SkyLook:
    """Paints a tile of a sky, looks at it, and finds its clusters.

    Attributes
    ----------
    skies : Skies
        What is painted.
    painter : Painter
        How it is painted.
    finder : Finder
        How clusters are found.
    folder : Path
        For images and windows, until a tile is done.
    record : mapping
        What all is made from.
    """

    skies: Skies
    painter: Painter
    finder: Finder
    folder: Path
    record: Mapping

    def __call__(self, item: str, paths: Mapping[str, Path]) -> dict:
        """Write ``maps`` and ``candidates`` of a tile of a sky."""
        sky, name = self.skies.names()[item]
        tile, place = self.skies.tiles[name], self.folder / WINDOWS / item
        images = {band: place / f"{band}.fits" for band in BANDS}
        mask = image_mask(self.skies.footprint, tile.wcs, tile.shape)
        sources = self.painter.sources(self.skies.galaxies[sky], tile, item)
        camera = self.painter.camera
        camera.expose(sources, tile.wcs, item, images, self.record, mask)
        maps = self.finder.maps(open_survey_tile(images, name=name), place / "maps")
        write_prediction(paths["maps"], maps, tile.wcs, self.record)
        found = candidates(maps, tile.wcs, self.finder.peaks, name=name)
        found.meta["provenance"] = self.record
        write_catalogue(paths["candidates"], found)
        shutil.rmtree(place)
        return {"sources": len(sources), "candidates": len(found)}


def merged_skies(
    folder: str | Path, merging: MergeSettings
) -> tuple[Table, list[Table]]:
    """Return the candidates of the real sky, and those of each shuffled one.

    Parameters
    ----------
    folder : path
        With ``sky{k}_{tile}.fits``.
    merging : MergeSettings
        When two of different tiles are one.
    """
    parts: dict[int, list[Table]] = {}
    for path in sorted(Path(folder).glob("sky*_*.fits")):
        number = int(path.name.removeprefix("sky").partition("_")[0])
        parts.setdefault(number, []).append(read_candidates(path))
    whole = {k: merge(tables, merging) for k, tables in sorted(parts.items())}
    return whole[REAL], [table for k, table in whole.items() if k != REAL]


def write_found(path: str | Path, table: Table, threshold: float) -> None:
    """Write a catalogue with the probability from which on it is pure.

    That is ``threshold`` of the table's meta in ECSV, and the card THRESHLD of the
    primary header in FITS.
    """
    table.meta["threshold"] = threshold
    write_detections(path, table)
    if Path(path).suffix == ".fits":
        with fits.open(path, memmap=False) as file:
            card = (threshold, "PROBABILITY from which on it is pure")
            fill(file[0].header, {"THRESHLD": card})
            write_hdus(path, file)


def counted(
    found: np.ndarray, chance: Sequence[np.ndarray], area: float, threshold: float
) -> dict:
    """Return how many clusters a sky has, and how many chance would find.

    Parameters
    ----------
    found : ndarray
        Probabilities of the real sky's detections, as far down as it lists them.
    chance : sequence of ndarray
        The same of each shuffled sky.
    area : float
        Of a sky [deg^2].
    threshold : float
        Probability from which on the catalogue is pure.

    Returns
    -------
    dict
        ``area, clusters``: all that are listed; ``threshold``, ``clusters_above``:
        those from it on; ``false_alarms``: what chance finds from the threshold and
        each of `PROBABILITIES` on, rising: ``above, k, area, value, low, high``.
    """
    found = np.asarray(found)
    return {
        "area": area,
        "clusters": len(found),
        "threshold": threshold,
        "clusters_above": int((found >= threshold).sum()),
        "false_alarms": _alarms(chance, area, threshold),
    }


def _alarms(found: Sequence[np.ndarray], area: float, threshold: float) -> list[dict]:
    """Return the rates of shuffled skies [1/deg^2]; none without such skies."""
    if not found:
        return []
    every = np.concatenate(list(found))
    return [
        {"above": p, **rate(int((every >= p).sum()), area * len(found))}
        for p in sorted({threshold, *PROBABILITIES})
    ]


def filtered(
    galaxies: Table, footprint: Footprint, red_sequence: RedSequence, how: Filter
) -> Table:
    """Return what the matched filter finds in galaxies of `to_des`."""
    area = footprint.area * 3600.0
    return find_clusters(galaxies, red_sequence, footprint, area, how)
