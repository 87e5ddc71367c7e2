"""The catalogue of clusters, and what single finders find, judged by the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from astropy.table import Table
from matplotlib.figure import Figure

from skyloom.clusters.catalogue.lists import read_clusters
from skyloom.clusters.config import Evaluate
from skyloom.clusters.evaluation import completeness as measures
from skyloom.clusters.evaluation import figures, reliability
from skyloom.clusters.evaluation.compare import compare
from skyloom.clusters.evaluation.curve import Target, average_precision, curve
from skyloom.clusters.evaluation.judge import Judged, Rule, judge, stacked
from skyloom.clusters.evaluation.randoms import (
    at_false_alarms,
    chance_finder,
    false_alarms,
    random_positions,
)
from skyloom.clusters.evaluation.sky import Sky, seen_cells
from skyloom.clusters.inference.blend import HELD, read_maps
from skyloom.clusters.tasks.products import (
    THRESHOLD,
    by_tile,
    one_by_tile,
    read_candidates,
    read_wcs,
)
from skyloom.run.seeds import rng as generator
from skyloom.stats.intervals import one_share

ALLOWED = (0.1, 0.3, 1.0)  # false alarms a square degree, for completeness
CATALOGUE = "catalogue"  # that of both finders


def read_sky(predictions: Sequence[str]) -> Sky:
    """Return where tiles have looked, from the maps of their predictions."""
    seen, places = {}, {}
    for name, path in one_by_tile(predictions).items():
        maps, wcs = read_maps(path), read_wcs(path)
        places[name] = wcs[:: maps.tile, :: maps.tile]
        seen[name] = seen_cells(maps.valid >= HELD, places[name])
    return Sky(seen, places)


@dataclass(frozen=True)
class Case:
    """What is known of a survey, and what was found in it."""

    sky: Sky  # where it has looked
    # True clusters of all tiles; FIELD is the tile on which each counts.
    clusters: pd.DataFrame
    found: dict[str, pd.DataFrame]  # detections by finder, the catalogue first
    # Whether tiles are parts of one sky, where a cluster of one may be a detection of
    # another, or each is a sky of its own.
    whole: bool = False

    def judged(self, rule: Rule) -> dict[str, Judged]:
        """Return each finder's detections, matched with the true clusters."""
        return {name: self.matched(found, rule) for name, found in self.found.items()}

    def matched(self, found: pd.DataFrame, rule: Rule) -> Judged:
        """Return detections, matched with the true clusters."""
        return judge(self.clusters, found, rule, across=self.whole)

    def between(self, low: float, high: float) -> Case:
        """Return the case in which only detections at some redshifts count.

        Beyond, a survey or its simulation may have no cluster, and all are false; those
        without a redshift count.
        """
        found = {
            name: rows.assign(
                VALID=rows["VALID"] & (rows["Z"].between(low, high) | rows["Z"].isna())
            )
            for name, rows in self.found.items()
        }
        return replace(self, found=found)


def read_case(
    sky: Sky,
    catalogue: str,
    truth: Sequence[str],
    finders: Mapping[str, Sequence[str]],
) -> Case:
    """Return a survey's case.

    ``truth`` has true clusters, those without a redshift left out: a list a tile, named
    as that; or one list of the whole sky, where each cluster and each detection counts
    once, on the first tile that sees it. ``finders`` are detections of one finder each,
    a file a tile; only beside a list a tile.
    """
    found, lists = read_candidates(catalogue), by_tile(truth)
    found["SCORE"] = found["PROBABILITY"]
    if lists.keys() == sky.seen.keys():
        return _apart(sky, found, lists, finders)
    known = read_clusters(truth[0])
    clusters, own = (stacked(sky.shared(table)) for table in (known, found))
    return Case(sky.once(), clusters, {CATALOGUE: own}, whole=True)


def _apart(
    sky: Sky, own: Table, lists: Mapping[str, Sequence[str]], finders: Mapping
) -> Case:
    """Return the case of tiles that are skies of their own."""
    known = {name: read_clusters(path, empty=True) for name, (path,) in lists.items()}
    first = np.array([tiles.split()[0] for tiles in own["TILES"]], dtype=object)
    tables = {CATALOGUE: {name: own[first == name] for name in sky.seen}} | {
        kind: {name: read_candidates(path) for name, path in one_by_tile(paths).items()}
        for kind, paths in finders.items()
    }
    found = {name: stacked(sky.valid(each)) for name, each in tables.items()}
    return Case(sky, stacked(sky.valid(known)), found)


def evaluate(
    case: Case, settings: Evaluate, seed: int, threshold: float = THRESHOLD
) -> tuple[dict, dict[str, Figure]]:
    """Return what finders are worth.

    From the probability ``threshold`` on, which is not chosen here, a detection is in
    the catalogue. Only detections at the redshifts that are asked for count.

    Returns
    -------
    report : dict
        ``comparison`` of the catalogue and all finders; ``at_false_alarms``: their
        completeness where each has as many of these; ``chance``: the average
        precision of the catalogue's detections at random places; ``catalogue``: what
        it is worth at the threshold. There ``purity_of_sky`` is the share of clusters
        of the target's kind among these and false alarms, where the former are as rare
        as ``abundance`` says; None if that is, or no area counts.
    figures : dict of str to Figure
        ``completeness``, ``precision_recall``, ``reliability``, ``estimates``.
    """
    rule = Rule(radius=settings.radius, dz=settings.dz)
    case = case.between(*settings.redshifts)
    finders = case.judged(rule)
    judged = finders[CATALOGUE]
    target = Target(*settings.richness, *settings.redshifts)
    asked = {"purity": settings.purity, "draws": settings.draws}
    table = compare(finders, target, generator(seed, "compare"), **asked)
    bins = measures.completeness(judged, threshold)
    catalogue = _catalogue(judged, case.sky.area, settings, seed, threshold)
    report = {
        "comparison": table,
        "at_false_alarms": {
            name: at_false_alarms(one, target, case.sky.area, ALLOWED)
            for name, one in finders.items()
        },
        "chance": _chance(case, rule, target, seed),
        "catalogue": catalogue | {"completeness_in_bins": bins.to_dict("records")},
    }
    curves = {name: curve(one, target) for name, one in finders.items()}
    drawn = {
        "precision_recall": figures.precision_recall_figure(curves, table),
        "completeness": figures.completeness_figure(bins),
        "reliability": _reliability(judged, seed),
        "estimates": figures.estimates_figure(judged, threshold),
    }
    return report, drawn


def _catalogue(
    judged: Judged, area: float, settings: Evaluate, seed: int, threshold: float
) -> dict:
    ends = settings.richness, settings.redshifts
    whole = measures.completeness(judged, threshold, *ends).iloc[0]
    data = reliability.of_catalogue(judged)
    found = one_share(int(whole["k"]), int(whole["n"]))
    alarms, density = false_alarms(judged, area, threshold), settings.abundance
    draw = {name: generator(seed, name) for name in ("z", "richness", "catalogue")}
    of_sky = None
    if density is not None and area:  # poorer clusters count on neither side
        rng = generator(seed, "abundance")
        of_sky = measures.purity_at_abundance(found, alarms, density, rng)
    return {
        "area": area,
        "threshold": threshold,
        "completeness": found,
        "purity": measures.purity(judged, threshold),
        "by_threshold": measures.by_threshold(
            judged, Target(*ends[0], *ends[1]), threshold
        ),
        "purity_of_sky": of_sky,
        "false_alarms": alarms,
        "splits": measures.splits(judged, threshold),
        "redshift": measures.redshift_errors(judged, draw["z"], threshold),
        "richness": measures.richness_errors(judged, draw["richness"], threshold),
        "reliability": reliability.report(data, draw["catalogue"]),
    }


def _chance(case: Case, rule: Rule, target: Target, seed: int) -> float | None:
    """Return the average precision of the catalogue's detections at random places."""
    rng, found = generator(seed, "chance"), case.found[CATALOGUE]
    found, parts = found[found["VALID"]], []
    for name, seen in case.sky.seen.items():
        mine = found[found["FIELD"] == name]
        if len(mine) and seen.any():
            wcs = case.sky.wcs[name]
            points = random_positions(wcs, seen, len(mine), rng)
            parts.append(chance_finder(mine, points, rng).assign(FIELD=name))
    if not parts:
        return None
    moved = pd.concat(parts, ignore_index=True)
    return average_precision(case.matched(moved, rule), target)


def _reliability(judged: Judged, seed: int) -> Figure:
    data = reliability.of_catalogue(judged), generator(seed, "figure")
    # Nothing was found: an empty diagram.
    return reliability.figure({CATALOGUE: data} if len(data[0].truth) else {})
