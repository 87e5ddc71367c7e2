"""Two lists of clusters matched with each other, and how many of either agree."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table

from skyloom.clusters.catalogue.lists import read_clusters
from skyloom.clusters.config import Evaluate
from skyloom.clusters.evaluation.completeness import LAMBDA_EDGES
from skyloom.clusters.evaluation.randoms import chance_matches
from skyloom.run.log import NAME
from skyloom.run.seeds import rng as generator
from skyloom.sky.coverage import Coverage, of_footprint
from skyloom.sky.coverage_files import read_coverage
from skyloom.sky.footprint import footprint, side_for
from skyloom.sky.matching import Pairs, match
from skyloom.stats.intervals import one_share

NEEDED = ("RA", "DEC", "Z_LAMBDA")
POINTS = 20_000  # at random
# Cells say where a list covers the sky, if no footprint does. With ten clusters in
# each, hardly any is empty by chance; smaller ones select the surroundings of
# clusters, larger ones take in what the list has not looked at.
FILLED, SIDES = 10, (0.5, 5.0)  # clusters, deg
SCALES = {"half": 0.5, "twice": 2.0}  # cells that show how much rates depend on them


def match_lists(
    paths: Mapping[str, str],
    columns: Mapping,
    limits: Evaluate,
    seed: int,
    redshifts: tuple[float, float] | None = None,
) -> tuple[pd.DataFrame, dict]:
    """Return the pairs of two lists, and the rates of agreement.

    Both lists are matched whole, and cut to the common redshifts and area afterwards:
    a cluster near a limit may have its partner beyond.

    Parameters
    ----------
    paths : mapping of str to str
        The lists ``a`` and ``b``, and ``footprint`` where one is given.
    columns : mapping
        Columns of ``a`` and ``b``, by our names.
    limits : Evaluate
        Radius [Mpc] and dz of a pair.
    seed : int
        Of the random points.
    redshifts : tuple of 2 float, optional
        Range that is counted; that which the lists' own ranges share unless given.

    Returns
    -------
    pairs : DataFrame
        A row a pair: ID, RA, DEC, Z, LAMBDA of either list (suffixes ``_A, _B``),
        SEPARATION [Mpc], DZ over 1 + z; redshifts that are unknown match nothing.
    report : dict
        ``rates`` of a and of b within their common footprint and redshifts: all, by
        richness where it is known, and at random (``chance``); ``area`` of it [deg^2];
        ``redshifts``; ``cells``: side [deg] and clusters in one, of either list, and
        the rates with cells of half and of twice the side, None with a footprint;
        ``warnings``, which are logged too; ``lists``.
    """
    lists = {k: read_clusters(paths[k], columns[k], require=NEEDED) for k in "ab"}
    a, b = lists["a"], lists["b"]
    tolerances = {"radius": limits.radius, "dz": limits.dz}
    pairs = match(*_places(a), *_places(b), **tolerances)
    hits = dict(zip("ab", (p >= 0 for p in pairs.partners()), strict=True))
    low, high = redshifts or _shared(lists)
    counted = {k: _within(t, low, high) for k, t in lists.items()}
    given = paths.get("footprint")
    cells = None if given else {k: _cell(t) for k, t in lists.items()}
    common = read_coverage(given) if given else _common(lists, cells)
    rates = {k: _rates(t, hits[k], counted[k], common) for k, t in lists.items()}
    rates["chance"] = _chance(a[counted["a"]], b, common, tolerances, seed)
    report = {
        "rates": rates,
        "area": common.area,
        "redshifts": {"low": low, "high": high, "given": redshifts is not None},
        "footprint": Path(given).name if given else None,
        "cells": cells and cells | _sensitivity(lists, hits, counted, cells),
        "warnings": _warnings(cells, rates, low, high),
        "lists": {k: {"clusters": len(t), **t.meta} for k, t in lists.items()},
        "pairs": len(pairs),
    }
    for text in report["warnings"]:
        logging.getLogger(NAME).warning("%s", text)
    return _table(a, b, pairs), report


def _shared(lists: Mapping[str, Table]) -> tuple[float, float]:
    """Return the range of redshifts that both lists have."""
    z = [t["Z_LAMBDA"] for t in lists.values()]
    return float(max(map(np.min, z))), float(min(map(np.max, z)))


def _within(table: Table, low: float, high: float) -> np.ndarray:
    z = np.asarray(table["Z_LAMBDA"])
    return (z >= low) & (z <= high)


def _cell(table: Table) -> dict:
    side, clusters = side_for(table["RA"], table["DEC"], FILLED, SIDES)
    return {"side": side, "clusters": clusters}


def _common(lists: Mapping, cells: Mapping, scale: float = 1.0) -> Coverage:
    """Return where both lists have clusters, by cells of sides times a scale."""
    one, two = (
        of_footprint(footprint(t["RA"], t["DEC"], cells[k]["side"] * scale))
        for k, t in lists.items()
    )
    return one.common(two)


def _sensitivity(lists, hits, counted, cells) -> dict:
    """Return area and rates by cells of other sides."""
    found = {}
    for name, scale in SCALES.items():
        common = _common(lists, cells, scale)
        rates = {k: _rates(t, hits[k], counted[k], common) for k, t in lists.items()}
        found[name] = {"area": common.area, "rates": rates}
    return found


def _warnings(cells: Mapping | None, rates, low: float, high: float) -> list[str]:
    """Return what makes rates doubtful."""
    found = []
    for key, cell in (cells or {}).items():
        if cell["clusters"] < FILLED:
            found.append(
                f"list {key} has {cell['clusters']:.1f} clusters in a cell of "
                f"{cell['side']:.2f} deg on average, fewer than {FILLED}: rates depend "
                "on the cells (see half and twice); name the area that both lists have "
                "looked at as clusters.match.footprint"
            )
    if not all(rates[key]["all"]["n"] for key in "ab"):
        found.append(
            f"no rate: a list has no cluster at redshifts {low:g} to {high:g} where "
            "both have looked; see clusters.match.redshifts and .footprint"
        )
    return found


def _places(table: Table) -> list[np.ndarray]:
    return [np.asarray(table[name], float) for name in NEEDED]


def _rates(table: Table, hit: np.ndarray, counted: np.ndarray, common: Coverage):
    inside = counted & common(table["RA"], table["DEC"])
    found = {"all": one_share(hit[inside].sum(), inside.sum())}
    richness = np.asarray(table["LAMBDA"], float)
    for low, high in pairwise(LAMBDA_EDGES):
        part = inside & (richness >= low) & (richness < high)
        if part.any():
            top = "" if np.isinf(high) else f"{high:g}"
            found[f"{low:g}-{top}"] = one_share(hit[part].sum(), part.sum())
    return found


def _chance(a: Table, b: Table, common: Coverage, tolerances: Mapping, seed: int):
    """Return how many random points, with redshifts of a, lie at a cluster of b."""
    if not (len(common.starts) and len(a)):
        return None
    rng = generator(seed, "match", "chance")
    points = common.points(POINTS, rng)
    return chance_matches(points, _places(b), a["Z_LAMBDA"], rng, **tolerances)


def _table(a: Table, b: Table, pairs: Pairs) -> pd.DataFrame:
    names = {"ID": "ID", "RA": "RA", "DEC": "DEC", "Z_LAMBDA": "Z", "LAMBDA": "LAMBDA"}
    columns = {
        f"{ours}_{side}": np.asarray(table[name])[rows]
        for side, table, rows in (("A", a, pairs.first), ("B", b, pairs.second))
        for name, ours in names.items()
    }
    return pd.DataFrame(columns | {"SEPARATION": pairs.separation, "DZ": pairs.dz})
