"""The figures of merit of a run, for the report."""

from __future__ import annotations

from collections.abc import Mapping


def metrics_tree(parts: Mapping[str, Mapping]) -> dict:
    """Return the headline numbers of the analysis.

    Parameters
    ----------
    parts : mapping of str to mapping
        Trees of the analysis by name.

    Returns
    -------
    dict
        The same names; of each what a reader compares between runs. Long lists, one
        row a galaxy or arm, and provenance stay in their own files.
    """
    return {name: _short(tree) for name, tree in sorted(parts.items())}


def _short(tree: Mapping) -> dict:
    kept = {key: one for key, one in tree.items() if key != "provenance"}
    return {
        key: _short(one) if isinstance(one, Mapping) else one
        for key, one in kept.items()
        if not isinstance(one, list)
    }
