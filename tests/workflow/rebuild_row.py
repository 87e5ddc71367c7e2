"""What a row of the rebuild matrix is."""

from __future__ import annotations

from dataclasses import dataclass, field

import edits as do

NOTHING: set[str] = set()
PINNED = "numpy=2.4.6"


@dataclass(frozen=True)
class Row:
    """One line of the matrix.

    Attributes
    ----------
    name : str
        What is edited.
    edit : callable
        Edits a folder.
    rules : set of str
        The rules that must run again, without area and chunk.
    chunks : int
        How many jobs each chunked rule among them has; tiny.yaml has two chunks.
    quasars : dict of str to int
        The same for quasars, with how many jobs of each.
    clusters : set of str
        The same for clusters, of one job each.
    spectra : dict of str to int
        The same for spectra, with how many jobs of each.
    spirals : dict of str to int
        The same for spirals.
    arguments : tuple of str
        Further arguments of the dry run.
    """

    name: str
    edit: do.Edit
    rules: set[str] = field(default_factory=set)
    chunks: int = 2
    arguments: tuple[str, ...] = ()
    quasars: dict[str, int] = field(default_factory=dict)
    clusters: set[str] = field(default_factory=set)
    spectra: dict[str, int] = field(default_factory=dict)
    spirals: dict[str, int] = field(default_factory=dict)


def together(*parts: dict[str, int]) -> dict[str, int]:
    """Return all rules of several sets, each with its largest number of jobs."""
    names = {name for part in parts for name in part}
    return {name: max(part.get(name, 0) for part in parts) for name in names}
