"""Tiles of a simulated survey: catalogue, truth and images together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from skyloom.clusters.bands import BANDS
from skyloom.clusters.tasks.catalogs import Drawing
from skyloom.clusters.tasks.images import Camera
from skyloom.clusters.tasks.products import tile_number


@dataclass(frozen=True)
class Simulation:
    """Simulates tiles."""

    draw: Drawing
    camera: Camera

    def __call__(self, name: str, paths: Mapping[str, Path]) -> dict:
        """Write a tile's ``catalog``, ``truth`` and images, by band."""
        sources, clusters, wcs = self.draw.write(tile_number(name), paths)
        images = {band: paths[band] for band in BANDS}
        self.camera.expose(sources, wcs, name, images, self.draw.record)
        return {"sources": len(sources), "clusters": len(clusters)}
