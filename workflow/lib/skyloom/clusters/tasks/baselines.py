"""The baselines on simulated tiles: what a catalogue measured on them would find."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from astropy.table import Table

from skyloom.clusters.bands import BANDS, PIXEL_SCALE, ZERO_POINT
from skyloom.clusters.baselines.colour_filter import Background
from skyloom.clusters.baselines.density import find_overdensities
from skyloom.clusters.baselines.extract import extract
from skyloom.clusters.baselines.matched_filter import field_background, find_clusters
from skyloom.clusters.baselines.randoms import inside_image
from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.clusters.images.survey import read_survey_image, survey_wcs
from skyloom.clusters.tasks.products import read_candidates
from skyloom.io.tables import write_catalogue
from skyloom.run.provenance import Recipe
from skyloom.run.seeds import rng as generator

SOURCES = {
    "RA": ("deg", "Right ascension, ICRS"),
    "DEC": ("deg", "Declination, ICRS"),
    "X": ("pix", "Column, from 0"),
    "Y": ("pix", "Row, from 0"),
    "MAG": ("mag", "AB magnitudes in g, r, i, z: Kron's in i, colours of a circle"),
    "MAG_ERR": ("mag", "Their errors, with a floor of 0.01"),
    "GALAXY": (None, "Larger than stars"),
}


def measure_tile(
    name: str,
    paths: Mapping[str, Path],
    images: Mapping[str, Sequence[str]],
    seed: int,
    recipe: Recipe,
) -> None:
    """Write the ``sources`` of a tile, measured on its images g, r, i, z."""
    seen = [read_survey_image(path) for path in images[name]]
    counts = {
        band: one.image * 10 ** (0.4 * (ZERO_POINT - one.zero_point))
        for band, one in zip(BANDS, seen, strict=True)
    }
    good = np.logical_and.reduce([one.good for one in seen])
    table = extract(counts, good, generator(seed, "photometry", name))
    ra, dec = table["X"], table["Y"]
    if len(table):
        ra, dec = seen[0].wcs.all_pix2world(table["X"], table["Y"], 0)
    table["RA"], table["DEC"] = np.asarray(ra) % 360.0, np.asarray(dec)
    for column, (unit, description) in SOURCES.items():
        table[column].unit, table[column].description = unit, description
    table.meta["provenance"] = recipe.record(images[name])
    write_catalogue(paths["sources"], table[list(SOURCES)])


def galaxies_of(name: str, sources: Mapping[str, str]) -> Table:
    """Return the galaxies among the sources of a tile."""
    table = read_candidates(sources[name])
    return table[table["GALAXY"]]


def background_of(
    galaxies: Callable[[str], Table], images: Mapping, red_sequence: RedSequence
) -> Background:
    """Return what looks like members here and there on all tiles, by their images."""
    shapes = [survey_wcs(paths[0]).array_shape for paths in images.values()]
    areas = np.prod(shapes, axis=1) * (PIXEL_SCALE / 60.0) ** 2
    return field_background([galaxies(name) for name in images], areas, red_sequence)


def find_in_tile(
    name: str,
    paths: Mapping[str, Path],
    galaxies: Callable[[str], Table],
    images: Mapping[str, Sequence[str]],
    red_sequence: RedSequence,
    background: Background,
    seed: int,
    record: Mapping,
) -> None:
    """Write what ``matched_filter`` and ``density`` find in the galaxies of a tile."""
    wcs = survey_wcs(images[name][0])
    given = galaxies(name), red_sequence, inside_image(wcs, wcs.array_shape)
    found = {
        "matched_filter": find_clusters(*given, background),
        "density": find_overdensities(*given, generator(seed, "density", name)),
    }
    for kind, table in found.items():
        table.meta["provenance"] = record
        write_catalogue(paths[kind], table)
