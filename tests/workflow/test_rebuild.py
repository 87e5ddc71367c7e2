"""The rebuild matrix: after each edit, exactly these rules run again, and no other.

Each row edits a copy of a finished small demo and compares what a dry run would run
with a set written down by hand. A new area adds its rules to the sets and its rows
to the table. Copying moves the folder, so that every row proves that, too.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import edits as do
import pytest
from checkouts import planned, without_chunk
from conftest import LAYER

# Who reads whose products, from the end to the beginning.
NOTHING: set[str] = set()
SUMMARY = {"analyse", "metrics"}
CATALOGUE = {"compile_tuned_models", "repeatability"} | SUMMARY
MORPHOLOGY = {"compare_morphology"} | SUMMARY
WINDING = {"compare_winding"} | SUMMARY
PITCH = {"fit_pitch"} | MORPHOLOGY | WINDING
TUNED_BI = {"tune_bi", "residual_statistics"} | CATALOGUE
TUNED_AGG = (
    {"tune_agg", "plot_galaxies", "export_galaxies", "evaluate_recovery"}
    | {"component_frequencies", "residual_statistics"}
    | CATALOGUE
    | MORPHOLOGY
)
TUNED = TUNED_AGG | TUNED_BI
BEST = {"best_individual", "make_agg_bi_models"} | TUNED_BI
AGGREGATED = (
    {"aggregate", "volunteer_agreement", "make_agg_bi_models"} | TUNED_AGG | PITCH
)
PARSED = {"parse_volunteers"} | AGGREGATED | BEST
CUT = {"make_fitting_metadata"} | PARSED
METADATA = {"make_gal_metadata"} | CATALOGUE
SURVEY = {"merge_classifications", "make_subjects"} | METADATA
SIMULATED = {"simulate"} | SURVEY | CUT
ALL = SIMULATED | {"make_subject_id_list"}

CHUNKED = {"simulate", "make_fitting_metadata", "parse_volunteers", "aggregate"}
CHUNKED |= {"best_individual", "tune_agg", "tune_bi", "plot_galaxies"}
CHUNKED |= {"export_galaxies"}

DRAWN = {"merge_classifications"} | PARSED
RECOVERY = {"evaluate_recovery"} | SUMMARY
GREYED = {"plot_galaxies"} | CATALOGUE
FIGURES = GREYED | {"make_agg_bi_models"}

BUILDER = "workflow/lib/skyloom/builder"
RULES = "workflow/rules/builder"
SCHEMA = "workflow/schemas/builder.schema.yaml"
STYLE = "workflow/lib/skyloom/plots/style.py"
RAW = "results/*/builder/raw/c0"
TITLES = '"axes.titlesize": '
PINNED = "numpy=2.4.6"
SWAPPED = ("builder.morphology.n_draws", "builder.morphology.n_resamples")
NEW = "\n\ndef unused(x):\n    return x\n"


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
        How many jobs each chunked rule among them has; the demo has two chunks.
    arguments : tuple of str
        Further arguments of the dry run.
    """

    name: str
    edit: do.Edit
    rules: set[str]
    chunks: int = 2
    arguments: tuple[str, ...] = ()


MATRIX = [
    Row("nothing", do.nothing, NOTHING),
    # Library code.
    Row(
        "function of one rule",
        do.body("builder.analysis.winding", "winding_scan"),
        WINDING,
    ),
    Row("its private helper", do.body("builder.analysis.winding", "_verdict"), WINDING),
    Row(
        "constant",
        do.swap(f"{BUILDER}/analysis/winding.py", "LEVEL = 0.01", "LEVEL = 0.02"),
        WINDING,
    ),
    Row("function of two rules", do.body("builder.fitting.tune", "tune"), TUNED),
    Row("function of all", do.body("run.log", "start"), ALL),
    Row("method of all", do.body("run.job", "Job.provenance"), ALL),
    Row("writer of two kinds", do.body("io.npz", "write_npz"), CUT | PITCH),
    Row("seeds", do.body("run.seeds", "rng"), SIMULATED),
    Row("function of no rule", do.body("run.chunks", "assign"), NOTHING),
    Row("validation of the config", do.body("run.config", "validated"), NOTHING),
    Row("docstring", do.docstring("builder.fitting.tune", "tune"), NOTHING),
    Row("docstring of all", do.docstring("run.log", "start"), NOTHING),
    Row("comment", do.append(f"{BUILDER}/fitting/tune.py", "# The end.\n"), NOTHING),
    Row("layout of the whole library", do.spread_out, NOTHING),
    Row("new function", do.append(f"{BUILDER}/fitting/tune.py", NEW), NOTHING),
    Row("new module", do.create(f"{BUILDER}/new.py", NEW), NOTHING),
    Row(
        "function moved in its file",
        do.to_end("builder.analysis.winding", "winding_scan"),
        NOTHING,
    ),
    Row("plot style", do.swap(STYLE, f"{TITLES}9", f"{TITLES}8"), FIGURES),
    Row("colour", do.swap(STYLE, 'GREY = "#7F7F7F"', 'GREY = "#7F7F80"'), GREYED),
    # Scripts and notebooks.
    Row("script", do.append("scripts/builder/fit_pitch.py", "assert True\n"), PITCH),
    Row("comment in a script", do.append("scripts/builder/tune.py", "# x\n"), NOTHING),
    Row("code of a notebook", do.cell("builder_analysis", "code"), {"analyse"}),
    Row("words of a notebook", do.cell("builder_analysis", "markdown"), NOTHING),
    # Rules.
    Row("comment in the rules", do.append(f"{RULES}/galaxies.smk", "# x\n"), NOTHING),
    Row(
        "memory of rules", do.swap(f"{RULES}/galaxies.smk", "(1500)", "(1600)"), NOTHING
    ),
    Row("message", do.swap(f"{RULES}/tables.smk", "List of", "The list of"), NOTHING),
    # Settings.
    Row("key of one rule", do.configure("builder.winding.upper", "51"), WINDING),
    Row("key of two rules", do.configure("builder.tune.rtol", "0.002"), TUNED),
    Row("two params swapped", do.swap_keys(*SWAPPED), MORPHOLOGY),
    Row("seed", do.configure("seed", "2"), SIMULATED),
    Row("name of the run", do.configure("run", "other"), ALL),
    Row("default written out", do.configure("builder.winding.upper", "50.0"), NOTHING),
    Row("order of keys", do.turn_keys, NOTHING),
    Row("comment in the config", do.append("tiny.yaml", "# x\n"), NOTHING),
    Row("cores of a job", do.configure("builder.threads", "2"), NOTHING),
    Row(
        "default in the schema",
        do.swap(SCHEMA, "default: 50.0", "default: 51.0"),
        WINDING,
    ),
    Row(
        "words of the schema", do.swap(SCHEMA, "Galaxies [", "The galaxies ["), NOTHING
    ),
    Row("a new subject", do.configure("builder.simulate.n_subjects", "7"), ALL, 1),
    # Environments.
    Row("env pin", do.swap("envs/builder.yaml", PINNED, "numpy=2.4.5"), ALL),
    Row("env comment", do.append("envs/builder.yaml", "# x\n"), NOTHING),
    Row(
        "env order",
        do.turn_lines("envs/builder.yaml", "  - numpy", "  - scipy"),
        NOTHING,
    ),
    Row("env of the head", do.swap("envs/head.yaml", PINNED, "numpy=2.4.5"), NOTHING),
    Row("lock file", do.append("envs/lock.txt", "# x\n"), NOTHING),
    # Files.
    Row("input changed", do.change(f"{RAW}/classifications.csv"), DRAWN, 1),
    Row("input touched", do.touch(f"{RAW}/classifications.csv"), NOTHING),
    Row("input written again", do.rewrite(f"{RAW}/classifications.csv"), NOTHING),
    Row(
        "input changed and reverted", do.there_and_back(f"{RAW}/subjects.csv"), NOTHING
    ),
    Row("truth changed", do.change("results/*/builder/truth/c0.json"), RECOVERY),
    Row("resource changed", do.append("resources/builder_crowd.json", "\n"), SIMULATED),
    Row(
        "wanted product lost",
        do.remove("results/*/builder/figures/*.pdf"),
        {"plot_galaxies"},
        1,
    ),
    # Place, time and machine.
    Row("times of all files", do.touch_code, NOTHING),
    Row("folder moved", do.move, NOTHING),
    Row("logs lost", do.forget("logs"), NOTHING),
    Row(
        "cluster profile",
        do.nothing,
        NOTHING,
        arguments=("--profile", "profiles/slurm"),
    ),
    Row("fewer cores", do.nothing, NOTHING, arguments=("--cores", "1")),
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


def outcome(row: Row, built: Path, folder: Path) -> Counter:
    """Return the rules that would run again after a row's edit, and their jobs."""
    shutil.copytree(built, folder)
    where = folder
    try:
        where = row.edit(folder) or folder
        counts = planned(where, *row.arguments, *LAYER)
    finally:
        shutil.rmtree(where, ignore_errors=True)
    kinds: Counter = Counter()
    for name, number in counts.items():
        kinds[without_chunk(name)] += number
    return kinds


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name.replace(" ", "-"))
def test_exactly_these_rules_run_again(row: Row, outcomes: dict[str, Future]):
    """The rules of a dry run after the edit are the expected ones, no more, no less."""
    kinds = outcomes[row.name].result()
    assert set(kinds) == row.rules
    expected = {name: row.chunks if name in CHUNKED else 1 for name in row.rules}
    assert dict(kinds) == expected


def test_matrix_is_large_and_its_names_are_distinct():
    """At least 24 edits, each a row of its own."""
    assert len({row.name for row in MATRIX}) == len(MATRIX) >= 24
