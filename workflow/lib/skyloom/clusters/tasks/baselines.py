"""What a catalogue measured on tiles shows: its sources, and the clusters in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.clusters.bands import BANDS, ZERO_POINT
from skyloom.clusters.baselines.colour_filter import Background
from skyloom.clusters.baselines.density import find_overdensities
from skyloom.clusters.baselines.extract import extract
from skyloom.clusters.baselines.matched_filter import field_background, find_clusters
from skyloom.clusters.baselines.randoms import inside_image
from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.clusters.images.survey import read_survey_image, survey_wcs
from skyloom.clusters.tasks.products import read_candidates
from skyloom.io.catalogues import write_catalogue
from skyloom.io.errors import AGAIN, InputError
from skyloom.io.fits import opened
from skyloom.run.provenance import Recipe
from skyloom.run.seeds import rng as generator
from skyloom.sky.geometry import pixel_scale

AREA = "AREA"  # card of a file of sources
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
    wcs, counts, good = survey_wcs(images[name][0]), {}, True
    for band, path in zip(BANDS, images[name], strict=True):
        one = read_survey_image(path)
        counts[band] = one.image * 10 ** (0.4 * (ZERO_POINT - one.zero_point))
        good = good & one.good
    area = good.sum() * (pixel_scale(wcs) / 60.0) ** 2
    table = extract(counts, good, generator(seed, "photometry", name))
    ra, dec = table["X"], table["Y"]
    if len(table):
        ra, dec = wcs.all_pix2world(table["X"], table["Y"], 0)
    table["RA"], table["DEC"] = np.asarray(ra) % 360.0, np.asarray(dec)
    for column, (unit, description) in SOURCES.items():
        table[column].unit, table[column].description = unit, description
    table.meta["provenance"] = recipe.record(images[name])
    cards = {AREA: (float(area), "[arcmin2] of the pixels that are not masked")}
    write_catalogue(paths["sources"], table[list(SOURCES)], cards)


def galaxies_of(path: str) -> Table:
    """Return the galaxies among the sources of a file; ROW is their row there."""
    table = read_candidates(path)
    table["ROW"] = np.arange(len(table))
    return table[table["GALAXY"]]


def background_of(paths: Sequence[str], red_sequence: RedSequence) -> Background:
    """Return what looks like members here and there, in files of sources together.

    InputError for a file that does not say on which area.
    """
    galaxies, areas = [galaxies_of(path) for path in paths], []
    for path in paths:
        with opened(path, verify=False) as file:
            areas.append(file[0].header.get(AREA))
        if not isinstance(areas[-1], float) or areas[-1] < 0:
            problem, expected = f"{AREA} = {areas[-1]!r}", "an area [arcmin2]"
            raise InputError(path, problem, expected=expected, remedy=AGAIN)
    return field_background(galaxies, areas, red_sequence)


def filter_tile(
    name: str,
    paths: Mapping[str, Path],
    sources: Mapping[str, str],
    images: Mapping[str, Sequence[str]],
    red_sequence: RedSequence,
    background: Background,
    recipe: Recipe,
) -> None:
    """Write ``clusters`` that the matched filter finds in a tile, and ``members``."""
    wcs, galaxies = survey_wcs(images[name][0]), galaxies_of(sources[name])
    good = True
    for path in images[name]:  # one band in memory
        good = good & read_survey_image(path).good
    found = filtered(galaxies, wcs, name, red_sequence, background, good)
    for kind, table in zip(("clusters", "members"), found, strict=True):
        table.meta["provenance"] = recipe.record([sources[name]])
        write_catalogue(paths[kind], table)


def filtered(
    galaxies: Table,
    wcs: WCS,
    name: str,
    red_sequence: RedSequence,
    background: Background,
    good: np.ndarray | None = None,
) -> tuple[Table, Table]:
    """Return what the matched filter finds in an image's galaxies, and the members.

    ``good`` (ny, nx) are its pixels that are not masked; all by default. As
    `skyloom.clusters.finder.peaks.candidates`, the clusters have X, Y [px], EDGE
    [arcmin] and TILES, the ``name``.
    """
    inside = inside_image(wcs, wcs.array_shape, good)
    found, members = find_clusters(galaxies, red_sequence, inside, background)
    height, width = wcs.array_shape
    x, y = (np.asarray(galaxies[axis], float)[found["ROW"]] for axis in ("X", "Y"))
    edge = np.min([x, y, width - 1 - x, height - 1 - y], axis=0) + 0.5
    found["X"], found["Y"], found["EDGE"] = x, y, edge * pixel_scale(wcs) / 60.0
    width = f"U{max(len(name), 1)}"
    found["TILES"] = np.full(len(found), name, width)
    members["TILE"] = np.full(len(members), name, width)
    for table in (found, members):  # as in the file of sources
        table["ROW"] = np.asarray(galaxies["ROW"])[table["ROW"]]
    return found, members


def density_tile(
    name: str,
    paths: Mapping[str, Path],
    sources: Mapping[str, str],
    images: Mapping[str, Sequence[str]],
    red_sequence: RedSequence,
    seed: int,
    recipe: Recipe,
) -> None:
    """Write the overdensities (``density``) in the galaxies of a tile."""
    wcs, galaxies = survey_wcs(images[name][0]), galaxies_of(sources[name])
    given = galaxies, red_sequence, inside_image(wcs, wcs.array_shape)
    found = find_overdensities(*given, generator(seed, "density", name))
    found.meta["provenance"] = recipe.record([sources[name]])
    write_catalogue(paths["density"], found)
