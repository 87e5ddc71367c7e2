"""Catalogues of simulated fields and tiles, with the truth of their clusters."""

from __future__ import annotations

from collections.abc import Mapping
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


def draw(
    number: int,
    paths: Mapping[str, Path],
    seed: int,
    world: World,
    sample: Sample,
    record: Mapping,
) -> None:
    """Draw a field, and write its ``catalog`` and ``truth``."""
    write_field(paths, draw_field(seed, number, world, sample), record)


def write_field(
    paths: Mapping[str, Path], drawn: tuple[Table, Table, WCS], record: Mapping
) -> None:
    """Write the ``catalog`` and the ``truth`` of a field that `draw_field` drew."""
    sources, clusters, wcs = drawn
    write_catalogue(paths["catalog"], sources)
    clusters.meta["provenance"] = record
    write_clusters(paths["truth"], clusters, wcs)
