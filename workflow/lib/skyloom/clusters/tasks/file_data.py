"""Images, sources and clusters of fields as the files that the encoder learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skyloom.clusters.catalogue.lists import read_clusters
from skyloom.clusters.catalogue.table import read_catalogue
from skyloom.clusters.config_encoder import Data
from skyloom.clusters.data.files import datum, numbers_of, write_file_data
from skyloom.clusters.data.tiles import tile_catalog
from skyloom.clusters.images.survey import read_survey_image


@dataclass(frozen=True)
class Filing:
    """Writes files of data: which fields each holds, and the fields' files."""

    fields: Mapping[int, Sequence[int]]
    images: Mapping[int, Sequence[str]]
    catalogs: Mapping[int, Sequence[str]]
    truth: Mapping[int, Sequence[str]]
    data: Data

    def __call__(self, number: int, paths: Mapping[str, Path]) -> dict:
        """Write the file of a number."""
        data = [self._datum(field) for field in self.fields[number]]
        write_file_data(paths["data"], data, "float16")
        return {"fields": list(self.fields[number])}

    def _datum(self, field: int) -> dict:
        bands = [read_survey_image(path) for path in self.images[field]]
        good = np.all([band.good for band in bands], axis=0)
        pixels = np.stack([band.image for band in bands])
        (catalog,), (truth,) = self.catalogs[field], self.truth[field]
        maps = tile_catalog(
            read_catalogue(catalog),
            read_clusters(truth, empty=True),
            good.shape,
            self.data.tile_size,
            mask=~good,
        )
        return datum(pixels, maps, self.data.pool, good)


def fields_of(files: Sequence[str], size: int) -> dict[int, list[int]]:
    """Return the fields of files of data, ``size`` in a full one, by their numbers."""
    named = dict(numbers_of(path) for path in files)
    return {k: list(range(k * size, k * size + n)) for k, n in named.items()}
