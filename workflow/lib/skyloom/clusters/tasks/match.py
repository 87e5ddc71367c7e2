"""Two lists of clusters matched with each other, and how many of either agree."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from astropy.table import Table

from skyloom.clusters.catalogue.lists import read_clusters
from skyloom.clusters.config import Evaluate
from skyloom.clusters.evaluation.completeness import LAMBDA_EDGES
from skyloom.clusters.evaluation.randoms import chance_matches
from skyloom.run.seeds import rng as generator
from skyloom.sky.footprint import Footprint, footprint, random_points
from skyloom.sky.matching import Pairs, match
from skyloom.stats.intervals import one_share

NEEDED = ("RA", "DEC", "Z_LAMBDA")
POINTS = 20_000  # at random
# Side of the cells that say where either list covers the sky [deg]; only clusters in
# common cells count.
CELL = 1.0


def match_lists(
    paths: Mapping[str, str], columns: Mapping, limits: Evaluate, seed: int
) -> tuple[pd.DataFrame, dict]:
    """Return the pairs of two lists, and the rates of agreement.

    ``paths`` has the lists ``a`` and ``b``, ``columns`` their columns, ``limits`` the
    radius [Mpc] and dz of a pair; the seed is of the random points.

    Returns
    -------
    pairs : DataFrame
        A row a pair: ID, RA, DEC, Z, LAMBDA of either list (suffixes ``_A, _B``),
        SEPARATION [Mpc], DZ over 1 + z; redshifts that are unknown match nothing.
    report : dict
        ``rates`` of a and of b within their common footprint: all, by richness where
        it is known, and at random (``chance``); ``area`` of it [deg^2]; ``lists``.
    """
    lists = {
        key: read_clusters(path, columns[key], require=NEEDED)
        for key, path in paths.items()
    }
    a, b = lists["a"], lists["b"]
    tolerances = {"radius": limits.radius, "dz": limits.dz}
    pairs = match(*_places(a), *_places(b), **tolerances)
    where = [footprint(t["RA"], t["DEC"], CELL) for t in (a, b)]
    common = where[0].common(where[1])
    partners = dict(zip("ab", pairs.partners(), strict=True))
    rates = {k: _rates(lists[k], partners[k] >= 0, common) for k in lists}
    rates["chance"] = _chance(a, b, common, tolerances, seed)
    report = {
        "rates": rates,
        "area": common.area,
        "lists": {k: {"clusters": len(t), **t.meta} for k, t in lists.items()},
        "pairs": len(pairs),
    }
    return _table(a, b, pairs), report


def _places(table: Table) -> list[np.ndarray]:
    return [np.asarray(table[name], float) for name in NEEDED]


def _rates(table: Table, hit: np.ndarray, common: Footprint) -> dict:
    inside = common(table["RA"], table["DEC"])
    found = {"all": one_share(hit[inside].sum(), inside.sum())}
    richness = np.asarray(table["LAMBDA"], float)
    for low, high in pairwise(LAMBDA_EDGES):
        part = inside & (richness >= low) & (richness < high)
        if part.any():
            top = "" if np.isinf(high) else f"{high:g}"
            found[f"{low:g}-{top}"] = one_share(hit[part].sum(), part.sum())
    return found


def _chance(a: Table, b: Table, common: Footprint, tolerances: Mapping, seed: int):
    """Return how many random points, with redshifts of a, lie at a cluster of b."""
    if not len(common.pixels):
        return None
    rng = generator(seed, "match", "chance")
    points = random_points(common, POINTS, rng)
    return chance_matches(points, _places(b), a["Z_LAMBDA"], rng, **tolerances)


def _table(a: Table, b: Table, pairs: Pairs) -> pd.DataFrame:
    names = {"ID": "ID", "RA": "RA", "DEC": "DEC", "Z_LAMBDA": "Z", "LAMBDA": "LAMBDA"}
    columns = {
        f"{ours}_{side}": np.asarray(table[name])[rows]
        for side, table, rows in (("A", a, pairs.first), ("B", b, pairs.second))
        for name, ours in names.items()
    }
    return pd.DataFrame(columns | {"SEPARATION": pairs.separation, "DZ": pairs.dz})
