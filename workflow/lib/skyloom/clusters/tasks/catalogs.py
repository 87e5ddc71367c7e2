"""Catalogues of simulated fields and tiles, with the truth of their clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from astropy.table import Table
from astropy.wcs import WCS

from skyloom.clusters.catalogue.colours import read_red_sequence, read_templates
from skyloom.clusters.catalogue.lists import read_clusters, write_clusters
from skyloom.clusters.catalogue.sample import Sample, World, draw_field
from skyloom.clusters.catalogue.table import write_catalogue


def read_world(clusters: str | Path, resources: Path) -> World:
    """Return what all fields share: a list of clusters and the colours of galaxies."""
    folder = resources / "clusters"
    return World(
        read_clusters(clusters),
        read_red_sequence(folder / "red_sequence.csv"),
        read_templates(folder / "galaxies.csv"),
    )


@dataclass(frozen=True)
class Drawing:
    """Draws fields, and writes each with the truth of its clusters."""

    seed: int
    world: World
    sample: Sample
    record: Mapping  # provenance of the truth

    def __call__(self, number: int, paths: Mapping[str, Path]) -> dict:
        """Write a field's ``catalog`` and ``truth``."""
        sources, clusters, _ = self.write(number, paths)
        return {"sources": len(sources), "clusters": len(clusters)}

    def write(self, number: int, paths: Mapping[str, Path]) -> tuple[Table, Table, WCS]:
        """Write them, and return them with the field's world coordinates."""
        drawn = draw_field(self.seed, number, self.world, self.sample)
        sources, clusters, wcs = drawn
        write_catalogue(paths["catalog"], sources)
        clusters.meta["provenance"] = self.record
        write_clusters(paths["truth"], clusters, wcs)
        return drawn
