"""The rebuild matrix: after each edit, exactly these rules run again, and no other.

Each row edits a copy of a finished small demo and compares what a dry run would run
with a set written down by hand. A new area adds a file of its sets and its rows.
Copying moves the folder, so that every row proves that, too.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import rebuild_builder
import rebuild_clusters
import rebuild_quasars
import rebuild_shared
import rebuild_spectra
import rebuild_spirals
from checkouts import LAYER, parted, planned
from rebuild_builder import CHUNKED
from rebuild_row import Row

AREAS = ("builder", "quasars", "clusters", "spectra", "spirals")
MATRIX = [
    *rebuild_shared.ROWS,
    *rebuild_builder.ROWS,
    *rebuild_quasars.ROWS,
    *rebuild_clusters.ROWS,
    *rebuild_spectra.ROWS,
    *rebuild_spirals.ROWS,
]


@pytest.fixture(scope="module")
def outcomes(built, tmp_path_factory):
    """Start every row on all cores; each test waits for its own."""
    folder = tmp_path_factory.mktemp("rows")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        started = {
            row.name: pool.submit(outcome, row, built.folder, folder / str(number))
            for number, row in enumerate(MATRIX)
        }
        yield started
        for future in started.values():
            future.cancel()


def outcome(row: Row, built: Path, folder: Path) -> dict[str, Counter]:
    """Return by area the rules that would run again after an edit, and their jobs."""
    shutil.copytree(built, folder)
    where = folder
    try:
        where = row.edit(folder) or folder
        counts = planned(where, *row.arguments, *LAYER)
    finally:
        shutil.rmtree(where, ignore_errors=True)
    areas = {area: Counter() for area in AREAS}
    areas[""] = Counter(atlas=0)
    for name, number in counts.items():
        area, kind = parted(name)
        areas[area][kind] += number
    return areas


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name.replace(" ", "-"))
def test_exactly_these_rules_run_again(row: Row, outcomes: dict[str, Future]):
    """The rules of a dry run after the edit are the expected ones, no more, no less."""
    found = outcomes[row.name].result()
    expected = {name: row.chunks if name in CHUNKED else 1 for name in row.rules}
    assert dict(found["builder"]) == expected
    assert dict(found["quasars"]) == row.quasars
    assert dict(found["clusters"]) == dict.fromkeys(row.clusters, 1)
    assert dict(found["spectra"]) == row.spectra
    assert dict(found["spirals"]) == row.spirals
    # What leads to the areas' pages is made again with any of them, by the head's env.
    pages = any(found[area]["atlas"] for area in AREAS)
    pages |= row.name == "env of the head"
    assert found[""]["atlas"] == pages


def test_matrix_is_large_and_its_names_are_distinct():
    """At least 99 edits, each a row of its own."""
    assert len({row.name for row in MATRIX}) == len(MATRIX) >= 99
