"""The headline numbers of a run, gathered from its reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from skyloom.io.documents import read_json


def headline(
    reports: Mapping[str, str | Iterable[str]],
    keep: Mapping[str, Iterable[str]] | Iterable[str] | None = None,
) -> dict:
    """Return the numbers of reports that a reader compares between runs.

    Parameters
    ----------
    reports : mapping of str to path or iterable of path
        By kind.
    keep : mapping of str to iterable of str, or iterable of str, optional
        Branches to keep, as ``catalogue.purity``, by kind or for all kinds. If not
        given, all is kept but lists, a row an object, and provenance.

    Returns
    -------
    dict
        Kind to what is kept of its report; of several, by the last two parts of
        their paths.
    """
    tree: dict = {}
    for kind, paths in reports.items():
        names = keep[kind] if isinstance(keep, Mapping) else keep
        if isinstance(paths, str):
            tree[kind] = _kept(read_json(paths), names)
            continue
        places = {"/".join(Path(p).with_suffix("").parts[-2:]): p for p in paths}
        tree[kind] = {k: _kept(read_json(p), names) for k, p in places.items()}
    return tree


def _kept(tree: Mapping, names: Iterable[str] | None) -> dict:
    if names is None:
        return _numbers(tree)
    found: dict = {}
    for name in names:
        *sections, last = name.split(".")
        source, target = tree, found
        for section in sections:
            source, target = source.get(section, {}), target.setdefault(section, {})
        if last in source:
            target[last] = source[last]
    return found


def _numbers(tree: Mapping) -> dict:
    return {
        key: _numbers(one) if isinstance(one, Mapping) else one
        for key, one in tree.items()
        if key != "provenance" and not isinstance(one, list)
    }
