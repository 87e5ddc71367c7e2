"""The rebuild matrix: after each edit, exactly these rules run again, and no other.

Each row edits a copy of a finished small demo and compares what a dry run would run
with a set written down by hand. A new area adds its rules to the sets and its rows
to the table. Copying moves the folder, so that every row proves that, too.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import edits as do
import pytest
from checkouts import planned, without_chunk
from conftest import LAYER

# Who reads whose products, from the end to the beginning.
NOTHING: set[str] = set()
PAGE = {"analyse", "metrics"}
WINDING = {"compare_winding"} | PAGE
PITCH = {"fit_pitch", "compare_morphology"} | WINDING
TABLES = {"make_agg_bi_models"}
CATALOGUE = {"compile_tuned_models"} | PAGE
FIT_STATISTICS = {"residual_statistics", "repeatability", "component_frequencies"}
AGG_PRODUCTS = {"plot_galaxies", "export_galaxies", "compare_morphology"}
TUNED_BI = {"tune_bi", "residual_statistics"} | CATALOGUE
TUNED_AGG = {"tune_agg"} | FIT_STATISTICS | AGG_PRODUCTS | CATALOGUE
TUNED = TUNED_AGG | TUNED_BI
BEST = {"best_individual"} | TABLES | TUNED_BI
AGGREGATED = {"aggregate", "volunteer_agreement"} | TABLES | TUNED_AGG | PITCH
PARSED = {"parse_volunteers"} | AGGREGATED | BEST
CUT = {"make_fitting_metadata"} | PARSED
SURVEY = {"merge_classifications", "make_subjects", "make_gal_metadata"}
SIMULATED = {"simulate"} | SURVEY | CUT
ALL = SIMULATED | {"make_subject_id_list"}


@dataclass(frozen=True)
class Row:
    """One line of the matrix."""

    name: str
    edit: do.Edit
    rules: set[str]
    arguments: tuple[str, ...] = ()


def nothing(folder: Path) -> None:
    """Leave everything as it is."""


MATRIX = [
    Row("nothing", nothing, NOTHING),
    # Code.
    Row("function of one rule", do.body("builder.winding", "winding_scan"), WINDING),
    Row("function of two rules", do.body("builder.tune", "tune"), TUNED),
    Row("function of all", do.body("run.log", "start"), ALL),
    Row("method of all", do.body("run.job", "Job.provenance"), ALL),
    Row("docstring", do.docstring("builder.tune", "tune"), NOTHING),
    Row("comment", do.append("workflow/lib/skyloom/run/job.py", "# end\n"), NOTHING),
    Row("layout and comments of the library", do.spread_out, NOTHING),
    Row("script", do.append("scripts/builder/fit_pitch.py", "assert True\n"), PITCH),
    Row("comment in a script", do.append("scripts/builder/tune.py", "# x\n"), NOTHING),
    # Settings.
    Row("key of one rule", do.configure("builder.winding.seed", "7"), WINDING),
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


def outcome(row: Row, built: Path, folder: Path) -> set[str]:
    """Return the rules that would run again after a row's edit."""
    shutil.copytree(built, folder)
    try:
        where = row.edit(folder) or folder
        counts = planned(where, *row.arguments, *LAYER)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {without_chunk(name) for name in counts}


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name.replace(" ", "-"))
def test_exactly_these_rules_run_again(row: Row, outcomes: dict[str, Future]):
    """The rules of a dry run after the edit are the expected ones."""
    assert outcomes[row.name].result() == row.rules
