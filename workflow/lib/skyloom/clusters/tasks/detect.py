"""The clusters in what the encoder says of tiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from skyloom.clusters.finder.peaks import candidates
from skyloom.clusters.inference.blend import read_maps
from skyloom.clusters.tasks.products import read_wcs
from skyloom.io.tables import write_catalogue
from skyloom.run.provenance import Recipe


@dataclass(frozen=True)
class Detection:
    """Finds the clusters of tiles, each by itself."""

    maps: Mapping[str, str]
    recipe: Recipe

    def __call__(self, name: str, paths: Mapping[str, Path]) -> dict:
        """Write a tile's ``candidates``."""
        place = self.maps[name]
        found = candidates(read_maps(place), read_wcs(place), name=name)
        found.meta["provenance"] = self.recipe.record([place])
        write_catalogue(paths["candidates"], found)
        return {"candidates": len(found)}
