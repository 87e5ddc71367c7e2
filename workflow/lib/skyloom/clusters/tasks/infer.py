"""The encoder over tiles of a survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skyloom.clusters.bands import BANDS
from skyloom.clusters.config import Survey
from skyloom.clusters.config_encoder import Data
from skyloom.clusters.encoder.files import load_encoder
from skyloom.clusters.inference.blend import blend
from skyloom.clusters.inference.classify import Predict, classify_tile, predictor
from skyloom.clusters.inference.survey_tile import open_survey_tile
from skyloom.clusters.inference.windows import WindowSettings
from skyloom.clusters.tasks.products import write_prediction
from skyloom.io.errors import InputError
from skyloom.run.provenance import Recipe

WINDOWS = "+windows"  # no tile is called so


def predictor_of(
    path: str | Path, tile: int, pool: int, device: str = "cpu"
) -> Predict:
    """Return what the encoder of a file predicts, for tiles of these sizes [px].

    Raises
    ------
    InputError
        No encoder, or one for other tiles.
    """
    encoder = load_encoder(path).encoder
    made = encoder.settings
    if (made.tile, made.pool) != (tile, pool):
        raise InputError(
            path,
            f"an encoder of tiles of {made.tile} px, pooled by {made.pool}",
            expected=f"{tile} px, pooled by {pool}, as in the config",
            remedy="set clusters.data.tile_size and pool to the encoder's",
        )
    return predictor(encoder, device)


def windows_of(survey: Survey, data: Data) -> WindowSettings:
    """Return how a survey's tiles are cut."""
    return WindowSettings(
        window=survey.window,
        step=survey.step,
        tile=data.tile_size,
        pool=data.pool,
        shifts=survey.shifts,
    )


@dataclass(frozen=True)
class Look:
    """Looks at tiles with an encoder."""

    predict: Predict
    windows: WindowSettings
    batch: int  # windows looked at together
    images: Mapping[str, Sequence[str]]  # of each tile, in the order of the bands
    folder: Path  # for the windows of a tile, until all are done
    recipe: Recipe
    encoder: str  # its file, for the record

    def __call__(self, name: str, paths: Mapping[str, Path]) -> dict:
        """Write a tile's ``maps``."""
        images = self.images[name]
        tile = open_survey_tile(dict(zip(BANDS, images, strict=True)), name=name)
        place = self.folder / WINDOWS / name
        seen = classify_tile(tile, self.predict, self.windows, place, batch=self.batch)
        maps = blend(seen, tile.shape, self.windows.tile)
        record = self.recipe.record([self.encoder, *images])
        write_prediction(paths["maps"], maps, tile.wcs, record)
        return {"cells": int(np.isfinite(maps.center).sum())}
