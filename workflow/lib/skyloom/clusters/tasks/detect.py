"""The clusters in what the encoder says of tiles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skyloom.clusters.finder.peaks import candidates
from skyloom.clusters.inference.blend import read_maps
from skyloom.clusters.tasks.products import read_wcs
from skyloom.io.catalogues import write_catalogue
from skyloom.run.provenance import Recipe


def detect(
    name: str, paths: Mapping[str, Path], maps: Mapping[str, str], recipe: Recipe
) -> None:
    """Write the ``candidates`` of a tile by itself, from the maps of all by name."""
    found = candidates(read_maps(maps[name]), read_wcs(maps[name]), name=name)
    found.meta["provenance"] = recipe.record([maps[name]])
    write_catalogue(paths["candidates"], found)
