"""Catalogues of simulated fields and tiles, with the truth of their clusters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from astropy.table import Table
from astropy.wcs import WCS

from skyloom.clusters.catalogue.colours import read_red_sequence, read_templates
from skyloom.clusters.catalogue.lists import read_clusters, write_clusters
from skyloom.clusters.catalogue.sample import (
    SampleSettings,
    World,
    draw_field,
    field_wcs,
)
from skyloom.clusters.catalogue.table import write_catalogue
from skyloom.clusters.catalogue.upstream import UpstreamSettings
from skyloom.clusters.catalogue.upstream_parametric import draw_parametric
from skyloom.clusters.catalogue.upstream_resampled import (
    draw_resampled,
    read_gold,
    read_members,
)
from skyloom.run.provenance import Recipe
from skyloom.run.seeds import rng

PRIORS = ("skyloom", "upstream_2024", "upstream_final")
NUMBER = re.compile(r"(?:galsim_des|clusters)_(\d+)")
FIRST_TILE = 1_000_000  # tiles are fields too, with numbers of their own
Field = tuple[Table, Table, WCS]


@dataclass(frozen=True)
class Prior:
    """By which model fields are drawn, and from what.

    Attributes
    ----------
    name : str
        Of `PRIORS`.
    seed : int
        Of the run.
    settings : SampleSettings
        What is drawn; of the published priors only the images' size and place count.
    world : World or None
        For our own.
    members, gold : Table or None
        For ``upstream_final``.
    """

    name: str
    seed: int
    settings: SampleSettings
    world: World | None = None
    members: Table | None = None
    gold: Table | None = None

    def draw(self, number: int) -> Field:
        """Return a field's sources, its clusters, and its world coordinates."""
        if self.name == "skyloom":
            return draw_field(self.seed, number, self.world, self.settings)
        sample = self.settings
        settings = UpstreamSettings(sample.image_size, declinations=sample.declinations)
        if self.name == "upstream_2024":
            return draw_parametric(self.seed, number, settings)
        return draw_resampled(self.seed, number, self.members, self.gold, settings)


def read_prior(
    name: str,
    seed: int,
    settings: SampleSettings,
    files: Mapping[str, Sequence[str]],
    resources: Path,
) -> Prior:
    """Return a prior with what it draws from.

    Parameters
    ----------
    name, seed, settings
        See `Prior`.
    files : mapping of str to sequence of path
        ``clusters``, a list, for our own; ``members``, ``redshifts`` (one or none)
        and ``field`` for ``upstream_final``.
    resources : Path
        Folder of the checkout's tables.
    """
    if name == "skyloom":
        return Prior(name, seed, settings, read_world(files["clusters"][0], resources))
    if name == "upstream_2024":
        return Prior(name, seed, settings)
    members = read_members(files["members"][0], next(iter(files["redshifts"]), None))
    gold = read_gold(files["field"])
    return Prior(name, seed, settings, members=members, gold=gold)


def read_world(clusters: str | Path, resources: Path) -> World:
    """Return what all fields share: a list of clusters and the colours of galaxies."""
    folder = resources / "clusters"
    return World(
        read_clusters(clusters, unknown_z="drop"),
        read_red_sequence(folder / "red_sequence.csv"),
        read_templates(folder / "galaxies.csv"),
    )


def wcs_of(seed: int, number: int, settings: SampleSettings) -> WCS:
    """Return the world coordinates of a field, without drawing it, by any prior."""
    return field_wcs(rng(seed, "field", number), settings)


@dataclass(frozen=True)
class Drawing:
    """Draws fields, and writes each with the truth of its clusters.

    Attributes
    ----------
    prior : Prior
        By which model.
    record : mapping
        What the truth is made from.
    header : bool
        Whether catalogues name their columns.
    """

    prior: Prior
    record: Mapping
    header: bool = False

    def __call__(self, number: int, paths: Mapping[str, Path]) -> dict:
        """Write a field's ``catalog`` and ``truth``."""
        sources, clusters, _ = self.write(number, paths)
        return {"sources": len(sources), "clusters": len(clusters)}

    def write(self, number: int, paths: Mapping[str, Path]) -> Field:
        """Write them, and return them with the field's world coordinates."""
        sources, clusters, wcs = self.prior.draw(number)
        write_catalogue(paths["catalog"], sources, header=self.header)
        clusters.meta["provenance"] = self.record
        write_clusters(paths["truth"], clusters)
        return sources, clusters, wcs


def numbered(paths: Iterable[str]) -> dict[int, list[str]]:
    """Return files of fields by the fields' numbers, which stand in their names."""
    found: dict[int, list[str]] = {}
    for path in paths:
        number = int(NUMBER.search(Path(path).name)[1])
        found.setdefault(number, []).append(path)
    return found


def tile_number(name: str) -> int:
    """Return the number by which a simulated tile is drawn, from its name."""
    return FIRST_TILE + int(name.removeprefix("sim"))


def recorded(recipe: Recipe, files: Mapping[str, Sequence[str]]) -> dict:
    """Return the record of what is drawn from files."""
    return recipe.record(path for paths in files.values() for path in paths)
