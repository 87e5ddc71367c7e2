"""The encoder over tiles of a survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from astropy.wcs import WCS

from skyloom.clusters.bands import BANDS
from skyloom.clusters.config import Config
from skyloom.clusters.encoder.files import load_encoder
from skyloom.clusters.inference.blend import TileMaps, blend
from skyloom.clusters.inference.classify import Predict, classify_tile, predictor
from skyloom.clusters.inference.survey_tile import open_survey_tile
from skyloom.clusters.inference.windows import WindowSettings
from skyloom.clusters.tasks.products import write_prediction
from skyloom.io.errors import InputError
from skyloom.learn.devices import require_gpu
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
    RuntimeError
        A GPU that torch's build, or this job, does not have.
    """
    require_gpu("torch", "clusters.survey.device", device)
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


@dataclass(frozen=True)
class Look:
    """How an encoder looks at tiles."""

    predict: Predict
    windows: WindowSettings
    batch: int  # windows looked at together

    def __call__(
        self, images: Mapping[str, str | Path], name: str, folder: Path
    ) -> tuple[TileMaps, WCS]:
        """Return the maps of a tile, from its images by band, and where it lies.

        The folder keeps its windows until all are done.
        """
        tile = open_survey_tile(images, name=name)
        seen = classify_tile(tile, self.predict, self.windows, folder, batch=self.batch)
        return blend(seen, tile.shape, self.windows.tile), tile.wcs


def read_look(encoder: str | Path, config: Config) -> Look:
    """Return how the encoder of a file looks at tiles; raises as `predictor_of`."""
    survey, tile, pool = config.survey, config.data.tile_size, config.data.pool
    windows = WindowSettings(survey.window, survey.step, tile, pool, survey.shifts)
    return Look(predictor_of(encoder, tile, pool, survey.device), windows, survey.batch)


def infer(
    name: str,
    paths: Mapping[str, Path],
    look: Look,
    images: Mapping[str, Sequence[str]],
    folder: Path,
    encoder: str,
    recipe: Recipe,
) -> None:
    """Write the ``maps`` of a tile; of all, images are in the order of the bands."""
    bands = dict(zip(BANDS, images[name], strict=True))
    maps, wcs = look(bands, name, folder / WINDOWS / name)
    write_prediction(paths["maps"], maps, wcs, recipe.record([encoder, *images[name]]))
