"""The tiles of a survey and their images: simulated, of a sheet, or of a folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from skyloom.clusters.bands import BANDS
from skyloom.io.atomic import write_text
from skyloom.io.folders import data_files
from skyloom.io.record import digest_of
from skyloom.run.config import ConfigError, data_path, message
from skyloom.run.sheets import read_sheet

TILE = re.compile(r"(?P<tile>.+)_r\d+p\d+_(?P<band>[grizY])_nobkg\.fits(\.fz)?")
ARCHIVED = re.compile(r"DES\d{4}[+-]\d{4}_r\d+p\d+_[grizY]_nobkg\.fits\.fz")
SAMPLE = 50  # tiles that say how common what is no cluster is
SHOWN = 100  # tiles of the atlas: 490 px each
LISTED = Path(".snakemake")  # folder of listings, for the jobs of a run
# Files are called <tile>.<suffix> and <tile>_<band>.<suffix>, and lists of tiles have
# blanks between them: a name must come back from all of these.
NAME = rf"^(?!(.*_)?[{''.join(BANDS)}]$)[A-Za-z0-9+-]+(_[A-Za-z0-9+-]+)*$"
NAMED = (
    "letters, digits, + and - as in DES0001-0207, in parts joined by single _ of which "
    f"the last is no band ({', '.join(BANDS)})"
)


def _tile_name(name: str) -> str:
    if re.search(NAME, name) is None:
        msg = f"expected {NAMED}; rename the tile"
        raise ValueError(msg)
    return name


TileName = Annotated[str, AfterValidator(_tile_name)]
COLUMNS = {"tile": TileName, **dict.fromkeys(BANDS, str)}


def tiles(config: Mapping, *, fresh: bool = True) -> dict[str, list[str]]:
    """Return the images of each tile of the survey, in the order of the bands.

    Simulated ones, or those of a sheet, or those of a folder in the layout of DES:
    ``<tile>_r####p##_<band>_nobkg.fits.fz``, at any depth, packed or not. A job of a
    run (not ``fresh``) reads the listing that the run has left, as a folder may be
    large.

    Raises
    ------
    ConfigError
        There is no tile where one should be, or a tile lacks a band, has one twice,
        or has a name that its files would lose.
    InputError
        For a sheet with a wrong row.
    """
    if config["source"] == "simulated":
        names = [f"sim{i:04d}" for i in range(config["simulate"]["survey"]["tiles"])]
        pattern = "<results>/survey/{name}_{band}.fits.fz"
        return {n: [pattern.format(name=n, band=b) for b in BANDS] for n in names}
    paths = config["paths"]
    if paths["survey_sheet"] is not None:
        rows = read_sheet(data_path(paths["survey_sheet"]), COLUMNS, unique="tile")
        return {row["tile"]: [data_path(row[band]) for band in BANDS] for row in rows}
    if paths["survey"] is None:
        msg = (
            "source files needs clusters.paths.survey or clusters.paths.survey_sheet; "
            "set it in the config"
        )
        raise ConfigError(msg)
    folder = Path(data_path(paths["survey"]))
    listing = LISTED / f"clusters-{digest_of(str(folder))[:16]}.json"
    if not fresh and listing.is_file():
        return json.loads(listing.read_text())
    found = _found(folder)
    write_text(listing, json.dumps(found))
    return found


def archived(config: Mapping, asked: Iterable[str]) -> list[list[str]]:
    """Return the images that may be fetched: of the survey's sheet, and `asked` ones.

    Those of a folder are there; with a rule for each of them a plan would take long.
    """
    place = Path(config["downloads"], "clusters", "tiles")
    paths = [word for word in asked if word.endswith(".fits.fz")]
    if config["source"] == "files" and config["paths"]["survey_sheet"]:
        paths += [path for images in tiles(config).values() for path in images]
    found = (path for path in map(Path, paths) if path.parent.parent == place)
    return [[str(path)] for path in found if ARCHIVED.fullmatch(path.name)]


def sample(names: Iterable[str], most: int = SAMPLE) -> list[str]:
    """Return at most so many tiles of a survey, evenly among the names in order."""
    names = sorted(names)
    return names[:: -(-len(names) // most) or 1]


def _found(folder: Path) -> dict[str, list[str]]:
    named: dict[str, dict[str, str]] = {}
    problems = []
    for path in data_files(folder, TILE.fullmatch):
        match = TILE.fullmatch(path.name)
        tile, band = match["tile"], match["band"]
        if re.search(NAME, tile) is None:
            problems.append(
                f"the name of {path} begins with the tile {tile!r}; expected {NAMED}; "
                "rename the file, or list it under another tile in "
                "clusters.paths.survey_sheet"
            )
        other = named.setdefault(tile, {}).setdefault(band, str(path))
        if other != str(path):
            both = f"{other} and {path}"
            problems.append(f"tile {tile} has band {band} twice, {both}; keep one")
    for tile, bands in named.items():
        absent = ", ".join(band for band in BANDS if band not in bands)
        if absent:
            wanted = f"one file for each of {', '.join(BANDS)}"
            problems.append(
                f"tile {tile} in {folder} lacks {absent}; expected {wanted}"
            )
    if not named:
        problems.append(
            f"no <tile>_r####p##_<band>_nobkg.fits.fz in {folder}; set SKYLOOM_DATA to "
            "the folder that holds them, or correct the path"
        )
    if problems:
        raise ConfigError(message("clusters.paths.survey", problems))
    return {tile: [bands[b] for b in BANDS] for tile, bands in named.items()}
