"""The encoder over tiles of a survey, and the clusters in what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.clusters.bands import BANDS
from skyloom.clusters.encoder.files import load_encoder
from skyloom.clusters.finder.peaks import PeakSettings, candidates
from skyloom.clusters.inference.blend import MAPS, TileMaps, blend, read_maps
from skyloom.clusters.inference.classify import (
    Predictor,
    classify_tile,
    encoder_predictor,
)
from skyloom.clusters.inference.survey_tile import open_survey_tile
from skyloom.clusters.inference.windows import WindowSettings
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz, write_npz
from skyloom.io.tables import write_catalogue
from skyloom.run.provenance import Recipe, checksum, text

WINDOWS = "+windows"  # no tile is called so


def predictor_of(
    path: str | Path,
    windows: WindowSettings,
    device: str = "cpu",
    *,
    bfloat16: bool = False,
) -> Predictor:
    """Return the predictor of an encoder's file.

    Raises
    ------
    InputError
        No encoder, or one for other tiles.
    """
    encoder = load_encoder(path).encoder
    made = encoder.settings
    if (made.tile, made.pool) != (windows.tile, windows.pool):
        raise InputError(
            path,
            f"an encoder of tiles of {made.tile} px, pooled by {made.pool}",
            expected=f"{windows.tile} px, pooled by {windows.pool}, as in the config",
            remedy="set clusters.data.tile_size and pool to the encoder's",
        )
    return encoder_predictor(encoder, checksum(path), device=device, bfloat16=bfloat16)


@dataclass(frozen=True)
class Look:
    """Looks at tiles with an encoder.

    Attributes
    ----------
    predictor : Predictor
        The encoder.
    windows : WindowSettings
        How tiles are cut.
    batch : int
        Windows looked at together.
    images : mapping of str to sequence of path
        Of each tile, in the order of the bands.
    folder : Path
        For the windows of a tile, until all are done.
    recipe : Recipe
        Of the rule.
    encoder : path
        The encoder's file, for the record.
    """

    predictor: Predictor
    windows: WindowSettings
    batch: int
    images: Mapping[str, Sequence[str]]
    folder: Path
    recipe: Recipe
    encoder: str

    def __call__(self, name: str, paths: Mapping[str, Path]) -> dict:
        """Write a tile's ``maps``."""
        images = self.images[name]
        tile = open_survey_tile(dict(zip(BANDS, images, strict=True)), name=name)
        place = self.folder / WINDOWS / name
        seen = classify_tile(
            tile, self.predictor, self.windows, place, batch=self.batch, restart=True
        )
        maps = blend(seen, tile.shape, self.windows.tile)
        record = self.recipe.record([self.encoder, *images])
        write_prediction(paths["maps"], maps, tile.wcs, record)
        return {"cells": int(np.isfinite(maps.center).sum())}


def write_prediction(
    path: str | Path, maps: TileMaps, wcs: WCS, provenance: Mapping
) -> None:
    """Write the maps of a tile, with its world coordinates and their record."""
    arrays = asdict(maps)
    single = {name: arrays[name].astype(np.float32) for name in MAPS}
    about = {"wcs": wcs.to_header_string(relax=True), "provenance": text(provenance)}
    write_npz(path, **arrays | single | {k: np.array(v) for k, v in about.items()})


def read_wcs(path: str | Path) -> WCS:
    """Return the world coordinates of a tile from the file of its maps.

    Raises
    ------
    InputError
        There are none, or they are no header.
    """
    known = str(read_npz(path, {"wcs": ("U", 0)})["wcs"])
    try:
        wcs = WCS(fits.Header.fromstring(known))
    except Exception as bad:  # wcslib's errors have no class in common
        raise InputError(path, f"no WCS ({bad})", where="key 'wcs'") from None
    return wcs


@dataclass(frozen=True)
class Detection:
    """Finds the clusters of tiles, each by itself.

    Attributes
    ----------
    maps : mapping of str to path
        Of each tile.
    settings : PeakSettings
        How.
    recipe : Recipe
        Of the rule.
    """

    maps: Mapping[str, str]
    settings: PeakSettings
    recipe: Recipe

    def __call__(self, name: str, paths: Mapping[str, Path]) -> dict:
        """Write a tile's ``candidates``."""
        place = self.maps[name]
        found = candidates(read_maps(place), read_wcs(place), self.settings, name=name)
        found.meta["provenance"] = self.recipe.record([place])
        write_catalogue(paths["candidates"], found)
        return {"candidates": len(found)}


def read_candidates(path: str | Path) -> Table:
    """Return the candidates of a tile.

    Raises
    ------
    InputError
        No file, or one that cannot be read.
    """
    try:
        # Our own handle: astropy leaves its own open when it raises.
        with Path(path).open("rb") as handle, fits.open(handle, memmap=False) as file:
            table = Table.read(file["CATALOGUE"])
    except Exception as bad:  # astropy raises a dozen types on damaged tables
        problem = f"not a readable table of candidates ({bad})"
        raise InputError(path, problem, remedy="make it again") from None
    table.convert_bytestring_to_unicode()
    return table
