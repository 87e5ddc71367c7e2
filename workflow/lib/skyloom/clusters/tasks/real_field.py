"""A real galaxy catalogue: painted tile by tile, looked at, and dropped again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from astropy.table import Table, vstack

from skyloom.clusters.bands import BANDS
from skyloom.clusters.catalogue.colours import read_red_sequence, read_templates
from skyloom.clusters.catalogue.sample import Sample, World, draw_field
from skyloom.clusters.finder.peaks import candidates, no_candidates
from skyloom.clusters.real_field.footprint import Footprint, image_mask
from skyloom.clusters.real_field.paint import SkyTile, cover, tile_sources, with_faint
from skyloom.clusters.real_field.sdss import SdssToDes, read_transform
from skyloom.clusters.tasks.images import Camera
from skyloom.clusters.tasks.infer import WINDOWS, Look
from skyloom.clusters.tasks.products import read_candidates
from skyloom.io.catalogues import write_catalogue
from skyloom.run.job import Job
from skyloom.run.seeds import rng

SIDE = 10_000  # of a painted tile [px]
OVERLAP = 0.1  # what neighbouring tiles share, of a side


def sky_tiles(galaxies: Table, name: str, side: int = SIDE) -> dict:
    """Return the tiles of a sky by ``{name}_{tile}``, the same for all skies."""
    return {f"{name}_{t.name}": t for t in cover(galaxies, side, round(OVERLAP * side))}


def part_of(tiles: Mapping, part: int, parts: int) -> dict:
    """Return one of the parts that tiles are cut into, by its number from 0."""
    return {name: tiles[name] for name in sorted(tiles)[part::parts]}


@dataclass(frozen=True)
class Painter:
    """Paints galaxies of a real catalogue, with a modelled population below them."""

    camera: Camera
    transform: SdssToDes
    world: World  # of the modelled galaxies
    sample: Sample  # without clusters
    limit: float  # of the catalogue [i mag]

    def sources(self, galaxies: Table, tile: SkyTile, item: str) -> Table:
        """Return what is painted on a tile of a sky."""
        seed = self.camera.seed
        number = int(rng(seed, "faint", item).integers(2**31))
        modelled, _, _ = draw_field(seed, number, self.world, self.sample)
        sources = tile_sources(galaxies, tile, self.transform, seed)
        return with_faint(sources, modelled, self.limit)


def read_painter(
    tables: Path, limit: float, camera: Camera, side: int = SIDE
) -> Painter:
    """Return what paints tiles of a side [px], from the tables of resources."""
    none = Table()  # clusters, of which none is drawn
    red_sequence = read_red_sequence(tables / "red_sequence.csv")
    world = World(none, red_sequence, read_templates(tables / "galaxies.csv"))
    return Painter(camera, read_transform(tables), world, Sample(side, None), limit)


def look_at_tile(
    item: str,
    paths: Mapping[str, Path],
    galaxies: Table,
    footprint: Footprint,
    tiles: Mapping[str, SkyTile],
    painter: Painter,
    look: Look,
    folder: Path,
    record: Mapping,
) -> None:
    """Paint the tile of an item, and write the ``candidates`` found in it.

    Until then the folder holds its images and windows.
    """
    tile, place = tiles[item], folder / WINDOWS / item
    images = {band: place / f"{band}.fits" for band in BANDS}
    mask = image_mask(footprint, tile.wcs, tile.shape)
    sources = painter.sources(galaxies, tile, item)
    painter.camera.expose(sources, tile.wcs, item, images, record, mask)
    maps, _ = look(images, tile.name, place / "maps")
    found = candidates(maps, tile.wcs, name=tile.name)
    found.meta["provenance"] = record
    write_catalogue(paths["candidates"], found)
    shutil.rmtree(place)


def looked(look: Callable, tiles: Mapping[str, SkyTile], job: Job) -> Table:
    """Look at tiles, and return their candidates; a cluster may be on several tiles."""
    if not tiles:  # there are fewer than parts
        return no_candidates()
    with TemporaryDirectory() as place:
        files = {item: {"candidates": f"{place}/{item}.fits"} for item in tiles}
        job.each(files, look, files=files, workers=1)
        found = [read_candidates(path["candidates"]) for path in files.values()]
    return vstack(found, metadata_conflicts="silent")
