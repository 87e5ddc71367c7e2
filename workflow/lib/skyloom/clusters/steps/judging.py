"""The catalogue of clusters, and the baselines', judged by the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from astropy.coordinates import angular_separation
from astropy.table import Table
from matplotlib.figure import Figure

from skyloom.clusters.catalogue.lists import read_clusters
from skyloom.clusters.evaluation import completeness as measures
from skyloom.clusters.evaluation import figures, reliability
from skyloom.clusters.evaluation.compare import compare
from skyloom.clusters.evaluation.curve import Target, average_precision, curve
from skyloom.clusters.evaluation.intervals import one_share
from skyloom.clusters.evaluation.judge import Judged, Rule, judge, stacked
from skyloom.clusters.evaluation.randoms import (
    chance_finder,
    false_alarms,
    random_positions,
    valid_area,
)
from skyloom.clusters.evaluation.truth import visible
from skyloom.clusters.finder.catalogue import read_detections
from skyloom.clusters.inference.blend import HELD, read_maps
from skyloom.clusters.steps.looking import read_candidates, read_wcs
from skyloom.clusters.steps.surveying import by_tile
from skyloom.io.documents import read_json, write_json
from skyloom.plots import style
from skyloom.run.provenance import text
from skyloom.run.seeds import rng
from skyloom.sky.geometry import pixel_scale

ENCODER = "encoder"
SEEN = 120.0  # arcsec about a cluster or detection that must be on unmasked sky
NEAR = np.radians(10.0)  # from a tile's middle, farther than any corner
THRESHOLD = 0.5  # probability, where nothing was calibrated


@dataclass(frozen=True)
class Sky:
    """Where a survey's tiles have looked.

    Attributes
    ----------
    good : dict of str to ndarray of bool
        Cells of each tile's maps with unmasked pixels.
    wcs : dict of str to WCS
        Of these cells.
    """

    good: dict[str, np.ndarray]
    wcs: dict[str, object]

    @property
    def area(self) -> float:
        """Return the unmasked area [deg^2]; where tiles overlap, of each."""
        return sum(valid_area(self.wcs[n], good) for n, good in self.good.items())

    def shared(self, table: Table) -> dict[str, Table]:
        """Return the rows of a list by the first tile that holds them."""
        left, parts = np.ones(len(table), bool), {}
        for name in sorted(self.good):
            mine = left & self._holds(name, table)
            left, parts[name] = left & ~mine, table[mine]
        return parts

    def _holds(self, name: str, table: Table) -> np.ndarray:
        wcs, (ny, nx) = self.wcs[name], self.good[name].shape
        ra, dec = (np.asarray(table[key], float) for key in ("RA", "DEC"))
        middle = np.radians(wcs.all_pix2world(nx / 2, ny / 2, 0))
        # A tangent plane shows the far half of the sky as well.
        near = angular_separation(*middle, np.radians(ra), np.radians(dec)) < NEAR
        x, y = np.full((2, len(table)), np.nan)
        if near.any():
            x[near], y[near] = wcs.all_world2pix(ra[near], dec[near], 0)
        return (x >= -0.5) & (x < nx - 0.5) & (y >= -0.5) & (y < ny - 0.5)

    def valid(self, tables: Mapping[str, Table]) -> dict[str, Table]:
        """Return tables by tile with ``VALID``: whether what they list can be seen."""
        return {name: self._valid(name, table) for name, table in tables.items()}

    def _valid(self, name: str, table: Table) -> Table:
        good, wcs = self.good[name], self.wcs[name]
        table = table.copy()
        if not len(table):
            table["VALID"] = np.zeros(0, bool)
            return table
        x, y = wcs.all_world2pix(table["RA"], table["DEC"], 0)
        table["VALID"] = visible(x, y, SEEN / pixel_scale(wcs), good)
        return table


def read_sky(predictions: Sequence[str]) -> Sky:
    """Return where tiles have looked, from the maps of their predictions."""
    good, places = {}, {}
    for name, (path,) in by_tile(predictions).items():
        maps, wcs = read_maps(path), read_wcs(path)
        good[name] = maps.valid >= HELD
        places[name] = wcs[:: maps.tile, :: maps.tile]
    return Sky(good, places)


@dataclass(frozen=True)
class Case:
    """What is known of a survey, and what was found in it.

    Attributes
    ----------
    sky : Sky
        Where it has looked.
    clusters : DataFrame
        True clusters of all tiles.
    found : dict of str to DataFrame
        Detections by finder, the encoder's first.
    scores : dict of str to str
        The column that ranks them.
    """

    sky: Sky
    clusters: pd.DataFrame
    found: dict[str, pd.DataFrame]
    scores: dict[str, str]

    def judged(self, rule: Rule) -> dict[str, Judged]:
        """Return each finder's detections, matched with the true clusters."""
        return {
            name: judge(self.clusters, found, replace(rule, score=self.scores[name]))
            for name, found in self.found.items()
        }


def read_case(
    sky: Sky,
    catalogue: str,
    truth: Sequence[str],
    baselines: Mapping[str, Sequence[str]],
) -> Case:
    """Return a survey's case.

    Parameters
    ----------
    sky : Sky
        Where tiles have looked.
    catalogue : path
        Of the encoder's clusters.
    truth : sequence of path
        True clusters: a list a tile, or one list of all, of which each cluster counts
        on the first tile that holds it and none beyond all tiles.
    baselines : mapping of str to sequence of path
        Detections of other finders, a file a tile.
    """
    known = {n: read_clusters(p, empty=True) for n, (p,) in by_tile(truth).items()}
    if not known.keys() <= sky.good.keys():
        known = sky.shared(read_clusters(truth[0], unknown_z="drop"))
    own = _by_first_tile(read_detections(catalogue), list(sky.good))
    tables = {ENCODER: own} | {
        kind.replace("_", " "): {
            name: read_candidates(path) for name, (path,) in by_tile(paths).items()
        }
        for kind, paths in baselines.items()
    }
    scores = dict.fromkeys(tables, "SCORE") | {ENCODER: "PROBABILITY"}
    found = {name: stacked(sky.valid(each)) for name, each in tables.items()}
    return Case(sky, stacked(sky.valid(known)), found, scores)


def evaluate(
    case: Case, settings: Mapping, rule: Rule, seed: int, threshold: float = THRESHOLD
) -> tuple[dict, dict[str, Figure]]:
    """Return what finders are worth.

    Parameters
    ----------
    case : Case
        Of a survey.
    settings : mapping
        The section ``evaluate``.
    rule : Rule
        What makes a detection true.
    seed : int
        Of all that is drawn.
    threshold : float
        Probability from which on a detection is in the catalogue; not chosen here.

    Returns
    -------
    report : dict
        ``comparison`` of all finders; ``chance``: the average precision of the
        encoder's detections at random places; ``catalogue``: what its catalogue is
        worth at the threshold; there ``purity_of_sky`` is the share of clusters of
        the target's kind among these and false alarms, where the former are as rare
        as ``abundance`` says; None if that is.
    figures : dict of str to Figure
        ``completeness``, ``precision_recall``, ``reliability``, ``estimates``.
    """
    finders = case.judged(rule)
    judged = finders[ENCODER]
    target = Target(*settings["richness"], *settings["redshifts"])
    asked = {"purity": settings["purity"], "draws": settings["draws"]}
    table = compare(finders, target, rng(seed, "compare"), **asked)
    report = {
        "comparison": table,
        "chance": _chance(case, rule, target, seed),
        "catalogue": _catalogue(
            judged, case.sky.area, target, seed, threshold, settings["abundance"]
        ),
    }
    curves = {name: curve(one, target) for name, one in finders.items()}
    drawn = {
        "precision_recall": figures.precision_recall_figure(curves, table),
        "completeness": figures.completeness_figure(
            measures.completeness(judged, threshold)
        ),
        "reliability": _reliability(judged, seed),
        "estimates": figures.estimates_figure(judged, threshold),
    }
    return report, drawn


def read_threshold(paths: Sequence[str]) -> float:
    """Return the probability from which on a catalogue is as pure as was asked for."""
    known = read_json(paths[0]).get("threshold") if paths else None
    return THRESHOLD if known is None else float(known["value"])


def write_evaluation(
    report: dict, drawn: Mapping[str, Figure], paths: Mapping, provenance: Mapping
) -> None:
    """Write ``report`` and the figures by their names."""
    tree = report | {"provenance": provenance}
    write_json(paths["report"], tree, indent=1)
    for name, figure in drawn.items():
        style.save(figure, paths[name], note=text(provenance))


def _catalogue(
    judged: Judged,
    area: float,
    target: Target,
    seed: int,
    threshold: float,
    abundance: float | None,
) -> dict:
    ends = ((target.lambda_from, target.lambda_to), (target.z_from, target.z_to))
    whole = measures.completeness(judged, threshold, *ends).iloc[0]
    bins = measures.completeness(judged, threshold)
    data = reliability.of_catalogue(judged)
    found = one_share(int(whole["k"]), int(whole["n"]))
    alarms = false_alarms(judged, area, threshold)
    return {
        "area": area,
        "threshold": threshold,
        "completeness": found,
        "completeness_in_bins": bins.to_dict("records"),
        "purity": measures.purity(judged, threshold),
        "purity_above_20": measures.purity(judged, threshold, above=20.0),
        "purity_of_sky": _of_sky(found, alarms, abundance, seed),
        "false_alarms": alarms,
        "splits": measures.splits(judged, threshold),
        "redshift": measures.redshift_errors(judged, rng(seed, "z"), threshold),
        "richness": measures.richness_errors(judged, rng(seed, "richness"), threshold),
        "reliability": reliability.report(data, rng(seed, "catalogue")),
    }


def _of_sky(
    found: dict, alarms: dict, abundance: float | None, seed: int
) -> dict | None:
    """Return the purity on the sky; poorer clusters count on neither side."""
    if abundance is None:
        return None
    chance = rng(seed, "abundance")
    return measures.purity_at_abundance(found, alarms, abundance, chance)


def _chance(case: Case, rule: Rule, target: Target, seed: int) -> float | None:
    """Return the average precision of the same detections at random places."""
    chance, found = rng(seed, "chance"), case.found[ENCODER]
    parts = []
    for name, good in case.sky.good.items():
        mine = found[found["FIELD"] == name]
        if len(mine) and good.any():
            wcs = case.sky.wcs[name]
            points = random_positions(wcs, good, len(mine), chance)
            parts.append(chance_finder(mine, points, chance).assign(FIELD=name))
    if not parts:
        return None
    moved = pd.concat(parts, ignore_index=True)
    return average_precision(judge(case.clusters, moved, rule), target)


def _reliability(judged: Judged, seed: int) -> Figure:
    data, chance = reliability.of_catalogue(judged), rng(seed, "figure")
    # Nothing was found: an empty diagram.
    data = {"clusters": data} if len(data.truth) else {}
    tables = {name: reliability.reliability(one, chance) for name, one in data.items()}
    errors = {
        name: reliability.calibration_error(one, chance) for name, one in data.items()
    }
    return figures.reliability_figure(tables, errors)


def _by_first_tile(found: Table, names: Sequence[str]) -> dict[str, Table]:
    first = np.array([tiles.split()[0] for tiles in found["TILES"]], dtype=object)
    return {name: found[first == name] for name in names}
