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
from skyloom.clusters.evaluation.intervals import LEVEL, percentiles
from skyloom.clusters.evaluation.judge import Judged

DRAWS = 1000
AT_ONCE = 100  # draws, to bound the memory of weights
MEASURES = ("average_precision", "completeness")


def compare(
    finders: Mapping[str, Judged],
    target: Target,
    rng: np.random.Generator,
    *,
    purity: float = 0.9,
    reference: str | None = None,
    draws: int = DRAWS,
    level: float = LEVEL,
) -> dict:
    """Return average precision and completeness at one purity, of each finder.

    Fields are drawn with replacement, the same ones for all finders: clusters of a
    field share its noise, and finders share its clusters.

    Parameters
    ----------
    finders : mapping of str to Judged
        By name; all judged on the same fields and truths.
    target : Target
        Clusters to be found.
    rng : Generator
        For the draws.
    purity : float
        At which completeness is compared; each finder at its own threshold.
    reference : str, optional
        The finder to compare the others with; the first if not given.
    draws : int
        Of the bootstrap.
    level : float
        Probability inside intervals.

    Returns
    -------
    dict
        ``target``: purity, fields, clusters; ``finders`` {name: {measure: {value,
        low, high}}}; ``gains`` {name: {measure: {value, low, high, ahead}}} of the
        reference over each other: ``ahead`` is the share of draws in which it leads.

    Raises
    ------
    ValueError
        No finder, an unknown reference, or finders of other truths.
    """
    name = _checked(finders, reference)
    fields = np.unique(np.concatenate([j.fields for j in finders.values()]))
    times = rng.multinomial(len(fields), np.full(len(fields), 1 / len(fields)), draws)
    # The sample itself is the first draw.
    times = np.concatenate([np.ones((1, len(fields)), int), times])
    found = {
        k: _measures(events(j, target), fields, times, purity)
        for k, j in finders.items()
    }
    gains = {
        other: {m: _gain(found[name][m] - values[m], level) for m in MEASURES}
        for other, values in found.items()
        if other != name
    }
    clusters = len(events(finders[name], target).found_score)
    asked = {"purity": purity, "fields": len(fields), "clusters": clusters}
    each = {
        k: {m: percentiles(float(v[m][0]), v[m][1:], level) for m in MEASURES}
        for k, v in found.items()
    }
    return {"target": asked, "reference": name, "finders": each, "gains": gains}


def _checked(finders: Mapping[str, Judged], reference: str | None) -> str:
    if not finders:
        msg = "no finder to compare"
        raise ValueError(msg)
    name = next(iter(finders)) if reference is None else reference
    if name not in finders:
        msg = f"no finder {name!r} among {', '.join(finders)}"
        raise ValueError(msg)
    keys = ["FIELD", "ID", "LAMBDA", "VALID"]
    for other, judged in finders.items():
        if not judged.truth[keys].equals(finders[name].truth[keys]):
            msg = f"{other} and {name} were judged by different truths"
            raise ValueError(msg)
    return name


def _measures(data: Events, fields, times: np.ndarray, purity: float) -> dict:
    mine = np.searchsorted(fields, data.field)
    targets = np.searchsorted(fields, data.found_field)
    parts = []
    for some in np.array_split(times, max(1, len(times) // AT_ONCE)):
        weights = some[:, mine].astype(float), some[:, targets].astype(float)
        at = weighted_completeness(data, *weights, purity)
        parts.append((weighted_precision(data, *weights), at))
    return dict(zip(MEASURES, np.concatenate(parts, axis=1), strict=True))


def _gain(difference: np.ndarray, level: float) -> dict:
    drawn = difference[1:][np.isfinite(difference[1:])]
    ahead = {"ahead": float((drawn > 0).mean()) if len(drawn) else None}
    return percentiles(float(difference[0]), drawn, level) | ahead
