"""The baselines on simulated tiles: what a survey's catalogue alone would find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from astropy.table import Table

from skyloom.clusters.bands import PIXEL_SCALE
from skyloom.clusters.baselines.colour_filter import Background
from skyloom.clusters.baselines.density import find_overdensities
from skyloom.clusters.baselines.matched_filter import field_background, find_clusters
from skyloom.clusters.baselines.photometry import SurveyDepth, observed
from skyloom.clusters.baselines.randoms import inside_image
from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.clusters.catalogue.table import read_catalogue
from skyloom.clusters.images.survey import survey_wcs
from skyloom.io.tables import write_catalogue
from skyloom.run.seeds import rng as generator


def galaxies_of(
    name: str, catalogs: Mapping[str, str], depth: SurveyDepth, seed: int
) -> Table:
    """Return a tile's galaxies as a survey's catalogue would have them."""
    sources = read_catalogue(catalogs[name])
    seen = observed(sources, generator(seed, "photometry", name), depth)
    return seen[seen["GALAXY"]]


def background_of(
    galaxies: Callable[[str], Table], images: Mapping, red_sequence: RedSequence
) -> Background:
    """Return what looks like members here and there on all tiles, by an image each."""
    shapes = [survey_wcs(path).array_shape for path in images.values()]
    areas = np.prod(shapes, axis=1) * (PIXEL_SCALE / 60.0) ** 2
    return field_background([galaxies(name) for name in images], areas, red_sequence)


def find_in_tile(
    name: str,
    paths: Mapping[str, Path],
    galaxies: Callable[[str], Table],
    images: Mapping[str, str],
    red_sequence: RedSequence,
    background: Background,
    seed: int,
    record: Mapping,
) -> None:
    """Write what ``matched_filter`` and ``density`` find in the galaxies of a tile."""
    wcs = survey_wcs(images[name])
    given = galaxies(name), red_sequence, inside_image(wcs, wcs.array_shape)
    found = {
        "matched_filter": find_clusters(*given, background),
        "density": find_overdensities(*given, generator(seed, "density", name)),
    }
    for kind, table in found.items():
        table.meta["provenance"] = record
        write_catalogue(paths[kind], table)
