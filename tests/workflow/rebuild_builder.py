"""Rows of the rebuild matrix: edits of builder, and which of its rules run again."""

from __future__ import annotations

import edits as do
from rebuild_row import NOTHING, PINNED, Row

# Who reads whose products, from the end to the beginning.
SUMMARY = {"analysis", "metrics"}
CATALOGUE = {"catalogue", "compile_tuned_models", "repeatability", "atlas"} | SUMMARY
MODELS = {"model_tables", "make_agg_bi_models"}
MORPHOLOGY = {"morphology"} | SUMMARY
WINDING = {"winding"} | SUMMARY
PITCH = {"pitch_posterior"} | MORPHOLOGY | WINDING
MODELLED = (
    {"models", "figures", "exports", "recovery"}
    | {"component_frequencies", "residual_statistics"}
    | CATALOGUE
    | PITCH
)
TUNED_BI = {"tuned_bi"} | MODELLED
TUNED_AGG = {"tuned_agg"} | MODELLED
TUNED = TUNED_AGG | TUNED_BI
BEST = {"best_individual"} | MODELS | TUNED_BI
AGGREGATED = {"aggregates", "volunteer_agreement"} | MODELS | TUNED_AGG
PARSED = {"volunteers"} | AGGREGATED | BEST
CUT = {"fitting_metadata"} | PARSED
METADATA = {"gal_metadata"} | CATALOGUE
SURVEY = {"classifications", "subjects"} | METADATA
SIMULATED = {"simulate"} | SURVEY | CUT
ALL = SIMULATED | {"subject_id_list"}

CHUNKED = {"simulate", "fitting_metadata", "volunteers", "aggregates"}
CHUNKED |= {"best_individual", "tuned_agg", "tuned_bi", "figures"}
CHUNKED |= {"exports", "models"}

DRAWN = {"classifications"} | PARSED
RECOVERY = {"recovery"} | SUMMARY
FIGURES = {"figures", "compile_tuned_models", "analysis", "make_agg_bi_models"}

BUILDER = "workflow/lib/skyloom/builder"
RULES = "workflow/rules/builder"
KEYS = f"{BUILDER}/config.py"
SIMULATE = f"{BUILDER}/config_simulation.py"
RAW = "results/*/builder/raw/c0"
SWAPPED = ("builder.morphology.n_draws", "builder.morphology.n_resamples")
NEW = "\n\ndef unused(x):\n    return x\n"

ROWS = [
    # Library code.
    Row(
        "function of one rule",
        do.body("builder.pitch.winding", "winding_scan"),
        WINDING,
    ),
    Row("its private helper", do.body("builder.pitch.winding", "_verdict"), WINDING),
    Row(
        "constant",
        do.swap(f"{BUILDER}/pitch/winding.py", "LEVEL = 0.01", "LEVEL = 0.02"),
        WINDING,
    ),
    Row("function of two rules", do.body("builder.fitting.tune", "tune"), TUNED),
    Row(
        "function of one rule of models",
        do.body("builder.fitting.mean", "mean"),
        MODELLED,
    ),
    Row("docstring", do.docstring("builder.fitting.tune", "tune"), NOTHING),
    Row("comment", do.append(f"{BUILDER}/fitting/tune.py", "# The end.\n"), NOTHING),
    Row("new function", do.append(f"{BUILDER}/fitting/tune.py", NEW), NOTHING),
    Row("new module", do.create(f"{BUILDER}/new.py", NEW), NOTHING),
    Row(
        "function moved in its file",
        do.to_end("builder.pitch.winding", "winding_scan"),
        NOTHING,
    ),
    # Scripts and notebooks.
    Row(
        "script",
        do.append("scripts/builder/pitch_posterior.py", "assert True\n"),
        PITCH,
    ),
    Row("comment in a script", do.append("scripts/builder/tuned.py", "# x\n"), NOTHING),
    Row("code of a notebook", do.cell("builder_analysis", "code"), {"analysis"}),
    Row("words of a notebook", do.cell("builder_analysis", "markdown"), NOTHING),
    # Rules.
    Row("comment in the rules", do.append(f"{RULES}/galaxies.smk", "# x\n"), NOTHING),
    Row(
        "memory of rules", do.swap(f"{RULES}/galaxies.smk", "(1500)", "(1600)"), NOTHING
    ),
    Row("message", do.swap(f"{RULES}/tables.smk", "List of", "The list of"), NOTHING),
    # Settings.
    Row("key of one rule", do.configure("builder.winding.upper", "51"), WINDING),
    Row("key of two rules", do.configure("builder.tune.max_evaluations", "50"), TUNED),
    Row("two params swapped", do.swap_keys(*SWAPPED), MORPHOLOGY),
    Row("default written out", do.configure("builder.winding.upper", "50.0"), NOTHING),
    Row("cores of a job", do.configure("builder.threads", "2"), NOTHING),
    Row(
        "default of a key",
        do.swap(KEYS, "key(50.0,", "key(51.0,"),
        WINDING,
    ),
    Row("words of a key", do.swap(SIMULATE, '"Galaxies."', '"The galaxy."'), NOTHING),
    Row("a new subject", do.configure("builder.simulate.n_subjects", "7"), ALL, 1),
    # Environments.
    Row("env pin", do.swap("envs/builder.yaml", PINNED, "numpy=2.4.5"), ALL),
    Row("env comment", do.append("envs/builder.yaml", "# x\n"), NOTHING),
    Row(
        "env order",
        do.turn_lines("envs/builder.yaml", "  - numpy", "  - scipy"),
        NOTHING,
    ),
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
        {"figures"},
        1,
    ),
]
