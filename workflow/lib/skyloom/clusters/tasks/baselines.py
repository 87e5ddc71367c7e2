"""The baselines on simulated tiles: what a survey's catalogue alone would find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
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
from skyloom.run.provenance import Recipe
from skyloom.run.seeds import rng as generator


@dataclass
class Baselines:
    """Runs both baselines on tiles, with one background for all of them."""

    catalogs: Mapping[str, str]  # sources of each tile
    images: Mapping[str, str]  # one of each tile, which says where it lies
    red_sequence: RedSequence
    depth: SurveyDepth
    seed: int
    recipe: Recipe

    def __call__(self, name: str, paths: Mapping[str, Path]) -> dict:
        """Write what ``matched_filter`` and ``density`` find on a tile."""
        galaxies, red_sequence = self._galaxies(name), self.red_sequence
        wcs = survey_wcs(self.images[name])
        inside = inside_image(wcs, wcs.array_shape)
        rng = generator(self.seed, "density", name)
        found = {
            "matched_filter": find_clusters(
                galaxies, red_sequence, inside, self.background
            ),
            "density": find_overdensities(galaxies, red_sequence, inside, rng),
        }
        record = self.recipe.record(self.catalogs.values())
        for kind, table in found.items():
            table.meta["provenance"] = record
            write_catalogue(paths[kind], table)
        return {kind: len(table) for kind, table in found.items()}

    @cached_property
    def background(self) -> Background:
        """The galaxies of all tiles, which look like members here and there."""
        tables = [self._galaxies(name) for name in self.catalogs]
        shapes = [survey_wcs(path).array_shape for path in self.images.values()]
        areas = np.prod(shapes, axis=1) * (PIXEL_SCALE / 60.0) ** 2
        return field_background(tables, areas, self.red_sequence)

    def _galaxies(self, name: str) -> Table:
        sources = read_catalogue(self.catalogs[name])
        seen = observed(sources, generator(self.seed, "photometry", name), self.depth)
        return seen[seen["GALAXY"]]
