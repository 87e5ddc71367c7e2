"""Tiles of a simulated survey: catalogue, truth and images together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from skyloom.clusters.bands import BANDS
from skyloom.clusters.steps.drawing import Drawing, tile_number
from skyloom.clusters.steps.painting import Camera


@dataclass(frozen=True)
class Simulation:
    """Simulates tiles.

    Attributes
    ----------
    draw : Drawing
        What lies in them.
    camera : Camera
        What they look like.
    """

    draw: Drawing
    camera: Camera

    def __call__(self, name: str, paths: Mapping[str, Path]) -> dict:
        """Write a tile's ``catalog``, ``truth`` and images, by band."""
        sources, clusters, wcs = self.draw.write(tile_number(name), paths)
        images = {band: paths[band] for band in BANDS}
        self.camera.expose(sources, wcs, name, images, self.draw.record)
        return {"sources": len(sources), "clusters": len(clusters)}


def tile_of(path: str) -> str:
    """Return the name of a tile from that of one of its own files."""
    name = Path(path).name.split(".")[0]
    stem, _, last = name.rpartition("_")
    return stem if last in BANDS else name


def by_tile(paths: Sequence[str]) -> dict[str, list[str]]:
    """Return files by the names of their tiles, in their order."""
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(tile_of(path), []).append(path)
    return found
