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
from skyloom.clusters.baselines.density import DensityMap, find_overdensities
from skyloom.clusters.baselines.matched_filter import field_background, find_clusters
from skyloom.clusters.baselines.membership import Filter
from skyloom.clusters.baselines.photometry import SurveyDepth, observed
from skyloom.clusters.baselines.randoms import inside_image
from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.clusters.catalogue.sample import SampleSettings
from skyloom.clusters.catalogue.table import read_catalogue
from skyloom.clusters.steps.drawing import tile_number, wcs_of
from skyloom.io.tables import write_catalogue
from skyloom.run.provenance import Recipe
from skyloom.run.seeds import rng


@dataclass
class Baselines:
    """Runs both baselines on tiles, with one background for all of them.

    Attributes
    ----------
    catalogs : mapping of str to path
        Sources of each tile.
    red_sequence : RedSequence
        Colours and m*.
    matched_filter, density : Filter, DensityMap
        How.
    depth : SurveyDepth
        How well the survey measures.
    seed, sample
        By which tiles were drawn, see `wcs_of`.
    recipe : Recipe
        Of the rule.
    """

    catalogs: Mapping[str, str]
    red_sequence: RedSequence
    matched_filter: Filter
    density: DensityMap
    depth: SurveyDepth
    seed: int
    sample: SampleSettings
    recipe: Recipe

    def __call__(self, name: str, paths: Mapping[str, Path]) -> dict:
        """Write what ``matched_filter`` and ``density`` find on a tile."""
        galaxies = self._galaxies(name)
        side = self.sample.image_size
        wcs = wcs_of(self.seed, tile_number(name), self.sample)
        inside = inside_image(wcs, (side, side))
        found = {
            "matched_filter": find_clusters(
                galaxies,
                self.red_sequence,
                inside,
                self.background,
                self.matched_filter,
            ),
            "density": find_overdensities(
                galaxies,
                self.red_sequence,
                inside,
                rng(self.seed, "density", name),
                self.density,
            ),
        }
        record = self.recipe.record(self.catalogs.values())
        for kind, table in found.items():
            table.meta["provenance"] = record
            write_catalogue(paths[kind], table)
        return {kind: len(table) for kind, table in found.items()}

    @cached_property
    def background(self) -> Background:
        """The galaxies of all tiles, which look like members here and there."""
        side = self.sample.image_size * PIXEL_SCALE / 60.0
        tables = [self._galaxies(name) for name in self.catalogs]
        areas = np.full(len(tables), side**2)
        ridge = self.matched_filter.ridge
        return field_background(tables, areas, self.red_sequence, ridge)

    def _galaxies(self, name: str) -> Table:
        sources = read_catalogue(self.catalogs[name])
        seen = observed(sources, rng(self.seed, "photometry", name), self.depth)
        return seen[seen["GALAXY"]]
