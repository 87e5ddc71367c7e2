"""The run's headline numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from skyloom.io.documents import read_json

# By kind of report: what is kept of it, by the way there.
HEADLINES = {
    "encoder": (
        ("fields",),
        ("membership", "membership_average_precision"),
        ("membership", "membership_prevalence"),
        ("membership", "membership_ece"),
        ("center", "center_average_precision"),
        ("center", "center_prevalence"),
        ("center", "center_ece"),
    ),
    "survey": (
        ("chance",),
        ("comparison", "finders"),
        ("comparison", "gains"),
        ("comparison", "target"),
        ("catalogue", "area"),
        ("catalogue", "threshold"),
        ("catalogue", "completeness"),
        ("catalogue", "purity"),
        ("catalogue", "purity_of_sky"),
        ("catalogue", "false_alarms"),
        ("catalogue", "redshift"),
        ("catalogue", "richness"),
    ),
    "matches": (("rates",),),
    "real_field": (("area",), ("threshold",), ("clusters_above",), ("false_alarms",)),
}


def headline(reports: Mapping[str, Sequence[str]]) -> dict:
    """Return the headline numbers of reports, one or none of each kind."""
    return {
        kind: _chosen(read_json(path), HEADLINES[kind])
        for kind, paths in reports.items()
        for path in paths
    }


def _chosen(tree: Mapping, ways: Sequence[tuple[str, ...]]) -> dict:
    found: dict = {}
    for *sections, last in ways:
        source, target = tree, found
        for section in sections:
            source = source.get(section, {})
            target = target.setdefault(section, {})
        if last in source:
            target[last] = source[last]
    return found
