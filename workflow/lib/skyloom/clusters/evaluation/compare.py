"""Several finders on the same fields, their differences with paired intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skyloom.clusters.evaluation.curve import (
    Events,
    Target,
    events,
    weighted_completeness,
    weighted_precision,
)
from skyloom.clusters.evaluation.judge import Judged
from skyloom.stats.bootstrap import interval, times

AT_ONCE = 100  # draws, to bound the memory of weights
MEASURES = ("average_precision", "completeness_at_purity")


def compare(
    finders: Mapping[str, Judged],
    target: Target,
    rng: np.random.Generator,
    *,
    purity: float,
    draws: int,
) -> dict:
    """Return average precision and completeness at one purity, of each finder.

    Fields are drawn with replacement, the same ones for all finders: clusters of a
    field share its noise, and finders share its clusters.

    Parameters
    ----------
    finders : mapping of str to Judged
        By name, all judged by the same truths; the first is compared with the others.
    target : Target
        Clusters to be found.
    rng : Generator
        For the draws.
    purity : float
        At which completeness is compared; each finder at its own threshold.
    draws : int
        Of the bootstrap.

    Returns
    -------
    dict
        ``target``: purity, fields, clusters; ``reference``: the first finder;
        ``finders`` {name: {measure: {value, low, high}}}; ``gains`` {name: {measure:
        {value, low, high, ahead}}} of the reference over each other: ``ahead`` is the
        share of draws in which it leads.
    """
    name = next(iter(finders))
    fields = np.unique(np.concatenate([j.fields for j in finders.values()]))
    # The sample itself is the first draw.
    drawn = times(len(fields), draws, rng)
    drawn = np.concatenate([np.ones((1, len(fields)), int), drawn])
    found = {
        k: _measures(events(j, target), fields, drawn, purity)
        for k, j in finders.items()
    }
    gains = {
        other: {m: _gain(found[name][m] - values[m]) for m in MEASURES}
        for other, values in found.items()
        if other != name
    }
    clusters = len(events(finders[name], target).found_score)
    asked = {"purity": purity, "fields": len(fields), "clusters": clusters}
    each = {
        k: {m: interval(v[m][0], v[m][1:]) for m in MEASURES} for k, v in found.items()
    }
    return {"target": asked, "reference": name, "finders": each, "gains": gains}


def _measures(data: Events, fields, drawn: np.ndarray, purity: float) -> dict:
    mine = np.searchsorted(fields, data.field)
    targets = np.searchsorted(fields, data.found_field)
    parts = []
    for some in np.array_split(drawn, max(1, len(drawn) // AT_ONCE)):
        weights = some[:, mine].astype(float), some[:, targets].astype(float)
        at = weighted_completeness(data, *weights, purity)
        parts.append((weighted_precision(data, *weights), at))
    return dict(zip(MEASURES, np.concatenate(parts, axis=1), strict=True))


def _gain(difference: np.ndarray) -> dict:
    drawn = difference[1:][np.isfinite(difference[1:])]
    ahead = {"ahead": float((drawn > 0).mean()) if len(drawn) else None}
    return interval(difference[0], drawn) | ahead
