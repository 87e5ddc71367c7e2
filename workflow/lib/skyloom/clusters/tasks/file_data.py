"""Images, sources and clusters of fields as the files that the encoder learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from skyloom.clusters.catalogue.lists import read_clusters
from skyloom.clusters.catalogue.table import read_catalogue
from skyloom.clusters.config_encoder import Data
from skyloom.clusters.data.files import datum, numbers_of, write_file_data
from skyloom.clusters.data.tiles import tile_catalog
from skyloom.clusters.images.survey import read_survey_image


def write_fields(
    number: int,
    paths: Mapping[str, Path],
    fields: Mapping[int, Sequence[int]],
    files: Mapping[str, Mapping[int, Sequence[str]]],
    data: Data,
) -> None:
    """Write the ``data`` file of a number, of the ``fields`` that it holds.

    ``files`` has, each by field, their ``images``, ``catalogs`` and ``truth``.
    """
    parts = [{k: files[k][i] for k in files} for i in fields[number]]
    write_file_data(paths["data"], [_datum(**p, data=data) for p in parts], "float16")


def _datum(images: Sequence, catalogs: Sequence, truth: Sequence, data: Data) -> dict:
    bands = [read_survey_image(path) for path in images]
    good = np.all([band.good for band in bands], axis=0)
    pixels = np.stack([band.image for band in bands])
    sources, clusters = read_catalogue(catalogs[0]), read_clusters(truth[0], empty=True)
    maps = tile_catalog(sources, clusters, good.shape, data.tile_size, mask=~good)
    return datum(pixels, maps, data.pool, good)


def fields_of(files: Sequence[str], size: int) -> dict[int, list[int]]:
    """Return the fields of files of data, ``size`` in a full one, by their numbers."""
    named = dict(numbers_of(path) for path in files)
    return {k: list(range(k * size, k * size + n)) for k, n in named.items()}
