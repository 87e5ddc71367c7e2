"""The clusters of a real field, by how much they stand above its null skies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from astropy.table import Table

from skyloom.clusters.baselines.matched_filter import MASKED
from skyloom.clusters.finder.catalogue import COLUMNS, catalogue
from skyloom.clusters.finder.chance import (
    AboveChance,
    excess,
    fit_above_chance,
    pure_from,
)
from skyloom.clusters.finder.joint import filter_scores, joined, scores
from skyloom.clusters.real_field.sky_names import NULLS, REAL
from skyloom.run.seeds import rng as generator
from skyloom.stats.intervals import rate

PROBABILITIES = (0.5, 0.7, 0.9)  # above which false alarms are counted
CALIBRATES = "permuted"  # the stricter null skies
JOINT, FILTER = "clusters", "matched_filter"


def verdict(
    filtered: Mapping[str, Table],
    encoder: Mapping[str, Table],
    area: float,
    purity: float,
    seed: int,
) -> tuple[dict[str, Table], dict]:
    """Return the clusters of a field with their probabilities, and what chance finds.

    Parameters
    ----------
    filtered, encoder : mapping of str to Table
        What the matched filter finds in each sky, and the encoder in the real one and
        in permuted ones, or more.
    area : float
        Of a sky [deg^2].
    purity : float
        Of the list from its threshold on.
    seed : int
        Of the intervals.

    Returns
    -------
    lists : dict of str to Table
        ``clusters``, of both finders; ``matched_filter``, of the filter alone.
    report : dict
        ``area``, and by list: ``skies`` that calibrate it; ``calibration``; ``listed``;
        ``sum_probability`` and, of how many it should be, ``above_chance`` {value, low,
        high}; ``threshold``, null where no part of the list is pure, and
        ``clusters_above`` it, without those flagged as masked; ``false_alarms`` of each
        kind of null sky; ``null_skies``: sum and excess of each sky that calibrates
        when the others judge it.
    """
    both = {k: joined(filtered[k], encoder[k]) for k in encoder}
    found = {
        JOINT: ({k: scores(t) for k, t in both.items()}, both[REAL]),
        FILTER: (
            {k: filter_scores(t["SCORE"]) for k, t in filtered.items()},
            filtered[REAL].copy(),
        ),
    }
    report: dict = {"area": area}
    lists = {}
    for name, (by_sky, table) in found.items():
        sure = (np.asarray(table["FLAG"]) & MASKED) == 0
        probability, report[name] = _judged(name, by_sky, sure, area, purity, seed)
        table["PROBABILITY"] = probability
        table["PROBABILITY"].description = COLUMNS["PROBABILITY"][1]
        lists[name] = catalogue(table) if name == JOINT else table
    return lists, report


def _judged(
    name: str, by_sky: Mapping, sure: np.ndarray, area: float, purity: float, seed: int
) -> tuple[np.ndarray, dict]:
    """Return the probabilities of the real sky's detections, and the report.

    Only those that are ``sure`` can be in the part of the list that is pure.
    """
    nulls = {k: s for k, s in by_sky.items() if k.startswith(CALIBRATES)}
    rng = generator(seed, "above chance", name)
    known, report = _calibrated(by_sky[REAL], nulls, rng)
    probability = known(by_sky[REAL])
    threshold = pure_from(probability[sure], purity)
    above = 0 if threshold is None else int((probability[sure] >= threshold).sum())
    report |= {
        "skies": sorted(nulls),
        "calibration": known.ratio.to_json(),
        "threshold": threshold,
        "clusters_above": above,
        "false_alarms": {
            kind: _alarms(
                known, [s for k, s in by_sky.items() if k.startswith(kind)], area
            )
            for kind in NULLS
        },
        "null_skies": {},
    }
    for k in nulls if len(nulls) > 1 else ():
        others = {other: s for other, s in nulls.items() if other != k}
        report["null_skies"][k] = _calibrated(nulls[k], others, rng)[1]
    return probability, report


def _calibrated(
    real: np.ndarray, nulls: Mapping[str, np.ndarray], rng: np.random.Generator
) -> tuple[AboveChance, dict]:
    every = np.concatenate([nulls[k] for k in sorted(nulls)])
    known = fit_above_chance(real, every, len(nulls))
    return known, {
        "listed": len(real),
        "sum_probability": float(known(real).sum()),
        "above_chance": excess(len(real), len(every), len(nulls), rng),
    }


def _alarms(known: AboveChance, skies: list[np.ndarray], area: float) -> list[dict]:
    """Return the rates [deg^-2] of detections of null skies from probabilities on."""
    if not skies:
        return []
    every = known(np.concatenate(skies))
    total = area * len(skies)
    return [{"above": p, **rate(int((every >= p).sum()), total)} for p in PROBABILITIES]
