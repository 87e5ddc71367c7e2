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
from dataclasses import dataclass, field
from pathlib import Path

import edits as do
import pytest
from checkouts import LAYER, parted, planned

# Who reads whose products, from the end to the beginning.
NOTHING: set[str] = set()
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


def together(*parts: dict[str, int]) -> dict[str, int]:
    """Return all rules of several sets, each with its largest number of jobs."""
    names = {name for part in parts for name in part}
    return {name: max(part.get(name, 0) for part in parts) for name in names}


# The same for quasars, whose rules run once a round: rule to number of jobs.
QMETRICS = {"metrics": 1}
COMPARED = together({"compare_rounds": 1}, QMETRICS)
EVALUATED = together({"evaluate_round": 2, "atlas": 1}, QMETRICS)
GATHERED = {"collect_results": 1, "query": 1, "al_querier": 1, "evaluate_round": 1}
GATHERED |= {"atlas": 1}
ROUND2 = together({"train_round2": 2, "calibrate": 1, "run_round2": 2}, GATHERED)
ROUND2 = together(ROUND2, COMPARED)
LABELLED = together({"merge_labels": 1, "gather_labelled": 1}, ROUND2)
ANSWERED = together({"answer_query": 1}, LABELLED)
ASKED = together({"query": 2}, ANSWERED)
COLLECTED = together({"collect_results": 2, "evaluate_round": 2}, ASKED)
RUN = together({"run_round1": 2}, COLLECTED)
CALIBRATED = together({"calibrate": 2}, RUN)
TRAINED = together({"train_round1": 2}, CALIBRATED)
MAPPED = together({"train_som": 1}, RUN)
INGESTED = together({"ingest": 2}, MAPPED)
OBSERVED = together({"simulate_survey": 1}, INGESTED)
SAMPLED = together({"simulate_sample": 1}, TRAINED)
EVERY = together(SAMPLED, OBSERVED)
ROUND3 = together({"train_round3": 2, "calibrate": 1, "run_round3": 2}, GATHERED)
ROUND3 = together({"gather_labelled": 1}, ROUND3, COMPARED)
ROUND3 = together({"answer_query": 1, "merge_labels": 1}, ROUND3)

# And for clusters, whose rules have one job each.
CJUDGED = {"evaluate", "metrics", "atlas"}
CSHOWN = {"single_tile_evaluation"} | CJUDGED
CSCORED = {"evaluate_encoder", "metrics"}
CLISTED = {"cluster_catalogue", "picture"} | CSHOWN
CDETECTED = {"detect"} | CLISTED
CFILTERED = {"matched_filter"} | CLISTED
CINFERRED = {"infer"} | CDETECTED
CCALIBRATED = {"calibrate"} | CLISTED
CTRAINED = {"train"} | CSCORED | CCALIBRATED | CINFERRED
CFILED = {"file_data"} | CTRAINED
CPAINTED = {"images", "field_sources"} | CFILED
CDRAWN = {"catalogs"} | CPAINTED
CMEASURED = {"sources", "density"} | CFILTERED
CSURVEYED = {"survey"} | CINFERRED | CMEASURED
CEVERY = {"make_cluster_list"} | CDRAWN | CSURVEYED

# And for spectra: two chunks, two baselines and one cube.
SMETRICS = {"metrics": 1}
SNOVEL = together({"evaluate_novelty": 1}, SMETRICS)
SREAD_OFF = together({"evaluate_labels": 1, "atlas": 1}, SMETRICS)
SLABELLED = together({"labels": 1, "place": 1, "anomalies": 1}, SNOVEL, SREAD_OFF)
SCOMPARED = together({"evaluate_maps": 1, "interrogate_desom1": 1}, SMETRICS)
SCLASSED = {"evaluate_galaxies": 1, "interrogate_desom2": 1, "atlas": 1}
SCLASSED = together(SCLASSED, SMETRICS)
SLISTED = {"catalogue": 1, "interrogate_desom2": 1, "atlas": 1}
SGALAXIES = together({"desom2": 1, "draw_desom2": 1}, SLISTED, SCLASSED)
SPRINTED = together({"fingerprints": 2, "stack_fingerprints": 1}, SGALAXIES)
SMAPPED = together({"desom1": 1, "draw_desom1": 1}, SLABELLED, SCOMPARED, SPRINTED)
SBESIDE = together({"baseline": 2}, SCOMPARED)
SSPLIT = together({"split": 1}, SMAPPED, SBESIDE)
SSAMPLED = together({"sample": 1}, SSPLIT)
SREST = together({"rest": 2, "cuts": 1, "galaxies": 2}, SSAMPLED)
SLEARNED = together(SMAPPED, SBESIDE)
SGREYED = together({"draw_desom1": 1, "place": 1, "anomalies": 1}, SREAD_OFF)
SGREYED = together({"interrogate_desom2": 1}, SGREYED, SCOMPARED)
SDRAWN = together({"draw_desom2": 1}, SGREYED)
SEVERY = together({"simulate": 2, "simulate_cube": 1}, SREST)

# And for spirals: two chunks and two trainings, joint and of maps alone.
AMETRICS = {"metrics": 1}
ACOMPARED = together({"compare": 1}, AMETRICS)
AJUDGED = together({"judge": 2}, ACOMPARED)
AEVALUATED = together({"evaluate": 1}, AMETRICS)
ABESIDE = together({"baselines": 1}, ACOMPARED, AEVALUATED)
ALISTED = {"catalogue": 1, "interrogate": 1, "atlas": 1}
APREDICTED = together({"predict": 2}, ALISTED, AEVALUATED)
ATRAINED = together({"train": 2}, AJUDGED, APREDICTED)
APACKED = together({"dataset": 2}, ABESIDE, ATRAINED)
ASELECTED = together({"galaxies": 1}, ABESIDE, ATRAINED)
AIMAGED = together({"images": 2}, APACKED, ASELECTED)
AMATCHED = together({"crossmatch": 1}, AIMAGED)
ASHEETED = together({"gz3d_catalog": 1}, AMATCHED)
AMARKED = together({"marks": 2}, ASHEETED)
ASIMULATED = together({"simulate": 2}, AMARKED)
AEVERY = together({"simulate_catalogue": 1}, ASIMULATED)
ADRAWN = together({"interrogate": 1}, ACOMPARED, AEVALUATED)

BUILDER = "workflow/lib/skyloom/builder"
RULES = "workflow/rules/builder"
KEYS = f"{BUILDER}/config.py"
STYLE = "workflow/lib/skyloom/plots/style.py"
RAW = "results/*/builder/raw/c0"
TITLES = '"axes.titlesize": '
PINNED = "numpy=2.4.6"
SWAPPED = ("builder.morphology.n_draws", "builder.morphology.n_resamples")
NEW = "\n\ndef unused(x):\n    return x\n"
OTHERS = {"quasars": EVERY, "clusters": CEVERY, "spectra": SEVERY}
OTHERS |= {"spirals": AEVERY}


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


MATRIX = [
    Row("nothing", do.nothing, NOTHING),
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
    Row("function of all", do.body("run.log", "start"), ALL, **OTHERS),
    Row("method of all", do.body("run.job", "Job.provenance"), ALL, **OTHERS),
    Row(
        "writer of two kinds",
        do.body("io.npz", "write_npz"),
        CUT | PITCH,
        quasars=together(TRAINED, MAPPED),
        clusters=CINFERRED,
        spectra=SLEARNED,
    ),
    Row("seeds", do.body("run.seeds", "rng"), SIMULATED, **OTHERS),
    Row("function of no rule", do.body("run.chunks", "assign"), NOTHING),
    Row("validation of the config", do.body("run.areas", "validated"), NOTHING),
    Row("docstring", do.docstring("builder.fitting.tune", "tune"), NOTHING),
    Row("docstring of all", do.docstring("run.log", "start"), NOTHING),
    Row("comment", do.append(f"{BUILDER}/fitting/tune.py", "# The end.\n"), NOTHING),
    Row("layout of the whole library", do.spread_out, NOTHING),
    Row("new function", do.append(f"{BUILDER}/fitting/tune.py", NEW), NOTHING),
    Row("new module", do.create(f"{BUILDER}/new.py", NEW), NOTHING),
    Row(
        "function moved in its file",
        do.to_end("builder.pitch.winding", "winding_scan"),
        NOTHING,
    ),
    Row(
        "plot style",
        do.swap(STYLE, f"{TITLES}9", f"{TITLES}8"),
        FIGURES,
        quasars=together(MAPPED, CALIBRATED),
        clusters=CSCORED | CSHOWN | {"picture"},
        spectra=SDRAWN,
        spirals=ADRAWN,
    ),
    Row(
        "colour",
        do.swap(STYLE, 'GREY = "#7F7F7F"', 'GREY = "#7F7F80"'),
        FIGURES,
        quasars=CALIBRATED,
        clusters=CSCORED | CSHOWN | {"picture"},
        spectra=SGREYED,
        spirals=ADRAWN,
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
    Row("seed", do.configure("seed", "2"), SIMULATED, **OTHERS),
    Row("name of the run", do.configure("run", "other"), ALL, **OTHERS),
    Row("default written out", do.configure("builder.winding.upper", "50.0"), NOTHING),
    Row("order of keys", do.turn_keys, NOTHING),
    Row("comment in the config", do.append("tiny.yaml", "# x\n"), NOTHING),
    Row("cores of a job", do.configure("builder.threads", "2"), NOTHING),
    Row(
        "default of a key",
        do.swap(KEYS, "key(50.0,", "key(51.0,"),
        WINDING,
    ),
    Row("words of a key", do.swap(KEYS, '"Galaxies."', '"The galaxies."'), NOTHING),
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
    Row(
        "pin of the lock",
        do.swap("envs/lock.txt", "shapely==2.2.0", "shapely==2"),
        ALL,
        spirals=OTHERS["spirals"],
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
    # The same kinds of edits in quasars.
    Row(
        "function of one rule, quasars",
        do.body("quasars.evaluation.compare", "compare"),
        quasars=COMPARED,
    ),
    Row(
        "figure of one rule, quasars",
        do.body("quasars.evaluation.figures", "rates_figure"),
        quasars=EVALUATED,
    ),
    Row(
        "trainer",
        do.body("quasars.ensemble.train", "_drawn"),
        quasars=TRAINED,
    ),
    Row("strategy", do.body("quasars.query.strategies", "top"), quasars=ASKED),
    Row("map", do.body("som.training", "epoch"), quasars=MAPPED, spectra=SLEARNED),
    Row(
        "consensus",
        do.body("quasars.survey.consensus", "consensus"),
        quasars=CALIBRATED,
    ),
    Row("votes", do.body("quasars.survey.votes", "vote"), quasars=CALIBRATED),
    Row("merge", do.body("quasars.spectra.inspect", "merge"), quasars=LABELLED),
    Row("of no rule", do.body("quasars.survey.prior", "write_prior"), NOTHING),
    Row(
        "docstring, quasars",
        do.docstring("quasars.evaluation.compare", "compare"),
        NOTHING,
    ),
    Row(
        "script, quasars",
        do.append("scripts/quasars/compare_rounds.py", "assert True\n"),
        quasars=COMPARED,
    ),
    Row(
        "code of a notebook, quasars",
        do.cell("quasars_al_querier", "code"),
        quasars={"al_querier": 1},
    ),
    Row("epochs", do.configure("quasars.train.epochs", "5"), quasars=TRAINED),
    Row("size of the map", do.configure("quasars.som.rows", "5"), quasars=MAPPED),
    Row("cores, quasars", do.configure("quasars.threads", "2"), NOTHING),
    Row("device of members", do.configure("quasars.ensemble.device", "cuda"), NOTHING),
    Row("device, quasars", do.configure("quasars.survey.device", "cuda"), NOTHING),
    Row("runner", do.configure("quasars.survey.runner", "numpy"), quasars=CALIBRATED),
    Row("purity", do.configure("quasars.calibrate.purity", "0.7"), quasars=CALIBRATED),
    Row("number asked", do.configure("quasars.query.n", "9"), quasars=ASKED),
    Row("one round more", do.configure("quasars.rounds", "3"), quasars=ROUND3),
    Row(
        "more to survey",
        do.configure("quasars.simulate.survey.targets", "41"),
        quasars=OBSERVED,
    ),
    Row(
        "more to learn from",
        do.configure("quasars.simulate.sample.targets", "301"),
        quasars=SAMPLED,
    ),
    Row(
        "truth of the survey changed",
        do.change("results/*/quasars/raw/truth.csv"),
        quasars=together(EVALUATED, COMPARED),
    ),
    Row(
        "answers changed",
        do.change("results/*/quasars/answers/round1/vi_AB.csv"),
        quasars=LABELLED,
    ),
    Row(
        "env pin, quasars",
        do.swap("envs/quasars.yaml", PINNED, "numpy=2.4.5"),
        quasars=EVERY,
    ),
    # And in clusters.
    Row(
        "function of one rule, clusters",
        do.body("clusters.evaluation.compare", "compare"),
        clusters=CJUDGED,
    ),
    Row(
        "figure of one rule, clusters",
        do.body("clusters.evaluation.figures", "estimates_figure"),
        clusters=CJUDGED,
    ),
    Row(
        "members of a cluster",
        do.body("clusters.catalogue.halos", "members"),
        clusters=CDRAWN | CSURVEYED,
    ),
    Row(
        "renderer",
        do.body("clusters.images.batched", "render"),
        clusters=CPAINTED | CSURVEYED,
    ),
    Row(
        "maps of tiles", do.body("clusters.data.tiles", "tile_catalog"), clusters=CFILED
    ),
    Row(
        "network",
        do.body("clusters.encoder.network", "Encoder.forward"),
        clusters=CTRAINED,
    ),
    Row(
        "blending",
        do.body("clusters.inference.blend", "blend"),
        clusters=CINFERRED | CCALIBRATED,
    ),
    Row(
        "finder",
        do.body("clusters.finder.peaks", "candidates"),
        clusters=CDETECTED | CCALIBRATED,
    ),
    Row("merging", do.body("clusters.finder.merge", "merge"), clusters=CLISTED),
    Row(
        "matched filter",
        do.body("clusters.baselines.matched_filter", "find_clusters"),
        clusters=CFILTERED | CCALIBRATED,
    ),
    Row("painted sky", do.body("clusters.real_field.paint", "cover"), NOTHING),
    Row(
        "docstring, clusters",
        do.docstring("clusters.finder.peaks", "candidates"),
        NOTHING,
    ),
    Row(
        "script, clusters",
        do.append("scripts/clusters/evaluate_encoder.py", "assert True\n"),
        clusters=CSCORED,
    ),
    Row(
        "code of a notebook, clusters",
        do.cell("clusters_single_tile_evaluation", "code"),
        clusters={"single_tile_evaluation"},
    ),
    Row(
        "share held out, clusters",
        do.configure("clusters.data.held_out", "0.2"),
        clusters=CTRAINED,
    ),
    # Who computes, and on how much at once, is no reason to compute again.
    Row("cores, clusters", do.configure("clusters.threads", "2"), NOTHING),
    Row("threads, clusters", do.configure("clusters.train.threads", "2"), NOTHING),
    Row(
        "accelerator, clusters",
        do.configure("clusters.train.accelerator", "gpu"),
        NOTHING,
    ),
    Row("device, clusters", do.configure("clusters.survey.device", "cuda"), NOTHING),
    Row("together, clusters", do.configure("clusters.survey.batch", "8"), NOTHING),
    Row(
        "precision, clusters",
        do.configure("clusters.train.precision", "bf16-mixed"),
        clusters=CTRAINED,
    ),
    Row("readers, clusters", do.configure("clusters.train.workers", "2"), NOTHING),
    Row("devices, clusters", do.configure("clusters.train.devices", "2"), NOTHING),
    Row(
        "epochs, clusters",
        do.configure("clusters.train.epochs", "4"),
        clusters=CTRAINED,
    ),
    Row(
        "noise of images",
        do.configure("clusters.images.depth_scatter", "0.1"),
        clusters=CPAINTED | CSURVEYED,
    ),
    Row(
        "purity, clusters",
        do.configure("clusters.evaluate.purity", "0.8"),
        clusters=CCALIBRATED,
    ),
    Row(
        "more fields",
        do.configure("clusters.simulate.fields.number", "10"),
        clusters=CDRAWN,
    ),
    Row(
        "truth of a tile changed",
        do.change("results/*/clusters/survey/truth/sim0000.fits"),
        clusters=CSHOWN,
    ),
    Row(
        "resource changed, clusters",
        do.append("resources/clusters/galaxies.csv", "\n"),
        clusters=CDRAWN | CSURVEYED,
    ),
    Row(
        "env pin, clusters",
        do.swap("envs/clusters.yaml", PINNED, "numpy=2.4.5"),
        clusters=CEVERY,
    ),
    # And in spectra.
    Row(
        "function of one rule, spectra",
        do.body("spectra.galaxy_map.catalogue", "catalogue"),
        spectra=SLISTED,
    ),
    Row("training", do.body("spectra.desom.train", "train"), spectra=SMAPPED),
    Row(
        "labels of nodes",
        do.body("spectra.labels.fit", "unseen_errors"),
        spectra=SLABELLED,
    ),
    Row("flatness", do.body("spectra.place.outliers", "flatness"), spectra=SNOVEL),
    Row(
        "emission lines",
        do.body("spectra.simulation.emission", "line_light"),
        spectra=SEVERY,
    ),
    Row(
        "docstring, spectra",
        do.docstring("spectra.labels.fit", "unseen_errors"),
        NOTHING,
    ),
    Row(
        "script, spectra",
        do.append("scripts/spectra/cuts.py", "assert True\n"),
        spectra=together({"cuts": 1}, SMETRICS),
    ),
    Row(
        "code of a notebook, spectra",
        do.cell("spectra_desom1", "code"),
        spectra={"interrogate_desom1": 1},
    ),
    Row(
        "iterations",
        do.configure("spectra.desom.training.iterations", "31"),
        spectra=SMAPPED,
    ),
    Row(
        "iterations of the map of galaxies",
        do.configure("spectra.galaxy_map.training.iterations", "31"),
        spectra=SGALAXIES,
    ),
    Row(
        "share held out, spectra",
        do.configure("spectra.sample.test", "0.3"),
        spectra=SSAMPLED,
    ),
    Row(
        "galaxies of calibration",
        do.configure("spectra.labels.calibrate", "0.35"),
        spectra=SLABELLED,
    ),
    Row("signal to noise", do.configure("spectra.cuts.sn", "4"), spectra=SREST),
    Row(
        "weight of a spectrum",
        do.configure("spectra.fingerprints.weight", "light"),
        spectra=SPRINTED,
    ),
    Row("cores, spectra", do.configure("spectra.desom.threads", "1"), NOTHING),
    Row("GPU, spectra", do.configure("spectra.desom.gpu", "true"), NOTHING),
    Row(
        "truth of galaxies changed",
        do.change("results/*/spectra/raw/truth0.fits"),
        spectra=SCLASSED,
    ),
    Row(
        "line indices changed",
        do.append("resources/spectra/indices.csv", "\n"),
        spectra=SCOMPARED,
    ),
    Row(
        "env pin, spectra",
        do.swap("envs/spectra.yaml", PINNED, "numpy=2.4.5"),
        spectra=SEVERY,
    ),
    Row(
        "program of a page",
        do.append("workflow/lib/skyloom/spectra/atlas.js", "// The end.\n"),
        spectra={"atlas": 1},
    ),
    # And in spirals.
    Row(
        "function of one rule, spirals",
        do.body("spirals.evaluation.joint", "verdict"),
        spirals=ACOMPARED,
    ),
    Row(
        "figure of one rule, spirals",
        do.body("spirals.figures.scores", "recovery_figure"),
        spirals=AEVALUATED,
    ),
    Row(
        "galaxies drawn",
        do.body("spirals.simulation.shapes", "draw"),
        spirals=AEVERY,
    ),
    Row(
        "galaxies rendered",
        do.body("spirals.simulation.render", "cutout"),
        spirals=ASIMULATED,
    ),
    Row(
        "reader of drawings",
        do.body("spirals.gz3d.files", "read_gz3d"),
        spirals=AMARKED,
    ),
    Row(
        "match",
        do.body("spirals.catalogue.crossmatch", "crossmatch"),
        spirals=AMATCHED,
    ),
    Row(
        "colours of pictures",
        do.body("spirals.cutouts.colour", "rgb"),
        spirals=AIMAGED,
    ),
    Row(
        "rasteriser",
        do.body("spirals.segmaps.counts", "segmap"),
        spirals=APACKED,
    ),
    Row("cuts", do.body("spirals.catalogue.cuts", "selected"), spirals=ASELECTED),
    Row("joint loss", do.body("spirals.network.joint", "losses"), spirals=ATRAINED),
    Row(
        "network, spirals",
        do.body("spirals.network.unet", "SpiralNet.decode"),
        spirals=ATRAINED,
    ),
    Row(
        "mean mask",
        do.body("spirals.baselines.mean_mask", "fit_mean_mask"),
        spirals=ABESIDE,
    ),
    Row("arms", do.body("spirals.measure.arms", "arms"), spirals=APREDICTED),
    Row(
        "of another source",
        do.body("spirals.drawings.subjects", "read_subject"),
        spirals=together(AMARKED, AIMAGED),
    ),
    Row(
        "docstring, spirals",
        do.docstring("spirals.network.joint", "losses"),
        NOTHING,
    ),
    Row(
        "comment, spirals",
        do.append("workflow/lib/skyloom/spirals/network/joint.py", "# The end.\n"),
        NOTHING,
    ),
    Row(
        "script, spirals",
        do.append("scripts/spirals/gz3d_catalog.py", "assert True\n"),
        spirals=ASHEETED,
    ),
    Row(
        "code of a notebook, spirals",
        do.cell("spirals_interrogate", "code"),
        spirals={"interrogate": 1},
    ),
    Row("radius", do.configure("spirals.match.radius", "2"), spirals=AMATCHED),
    Row("votes needed", do.configure("spirals.cuts.votes", "1"), spirals=ASELECTED),
    Row(
        "share held out, spirals",
        do.configure("spirals.split.test", "0.3"),
        spirals=ASELECTED,
    ),
    Row(
        "whose drawings count",
        do.configure("spirals.marks.volunteers", "reliable"),
        spirals=APACKED,
    ),
    Row(
        "part of a picture",
        do.configure("spirals.images.crop", "0.65"),
        spirals=together(ABESIDE, ATRAINED),
    ),
    Row(
        "epochs, spirals",
        do.configure("spirals.train.epochs", "3"),
        spirals=ATRAINED,
    ),
    Row(
        "fewer masks besides",
        do.configure("spirals.compare.masks", "[9]"),
        spirals=AJUDGED | {"train": 2},
    ),
    Row(
        "one baseline less",
        do.configure("spirals.baselines", "[mean_mask]"),
        spirals=ABESIDE,
    ),
    Row(
        "draws of the bootstrap, spirals",
        do.configure("spirals.evaluate.draws", "40"),
        spirals=together(ACOMPARED, AEVALUATED),
    ),
    Row(
        "spaxels",
        do.configure("spirals.predict.spaxel", "0.5"),
        spirals=APREDICTED,
    ),
    # This run has no pictures that it would be of.
    Row("scale of pictures", do.configure("spirals.predict.pixscale", "0.3"), NOTHING),
    Row("readers, spirals", do.configure("spirals.train.workers", "2"), NOTHING),
    Row("threads, spirals", do.configure("spirals.train.threads", "2"), NOTHING),
    Row(
        "accelerator, spirals",
        do.configure("spirals.train.accelerator", "gpu"),
        NOTHING,
    ),
    Row(
        "precision, spirals",
        do.configure("spirals.train.precision", "bf16-mixed"),
        spirals=ATRAINED,
    ),
    Row("devices, spirals", do.configure("spirals.train.devices", "2"), NOTHING),
    Row("device, spirals", do.configure("spirals.predict.device", "cuda"), NOTHING),
    Row("looked at together", do.configure("spirals.predict.batch", "8"), NOTHING),
    Row("cores, spirals", do.configure("spirals.threads", "1"), NOTHING),
    Row(
        "picture changed",
        do.change("results/*/spirals/raw/cutouts/*.fits"),
        spirals=AIMAGED | {"images": 1, "dataset": 1},
    ),
    Row(
        "marks changed",
        do.change("results/*/spirals/segmaps/marks/*.json"),
        spirals=APACKED | {"dataset": 1},
    ),
    Row(
        "truth changed, spirals",
        do.change("results/*/spirals/truth/c*.parquet"),
        spirals=together({"atlas": 1}, AEVALUATED),
    ),
    Row(
        "resource changed, spirals",
        do.append("resources/spirals/volunteers.csv", "\n"),
        spirals=AEVERY,
    ),
    Row(
        "env pin, spirals",
        do.swap("envs/spirals.yaml", PINNED, "numpy=2.4.5"),
        spirals=AEVERY,
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


def outcome(row: Row, built: Path, folder: Path) -> dict[str, Counter]:
    """Return by area the rules that would run again after an edit, and their jobs."""
    shutil.copytree(built, folder)
    where = folder
    try:
        where = row.edit(folder) or folder
        counts = planned(where, *row.arguments, *LAYER)
    finally:
        shutil.rmtree(where, ignore_errors=True)
    areas = {area: Counter() for area in ("builder", *OTHERS)}
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
    pages = any(found[area]["atlas"] for area in ("builder", *OTHERS))
    pages |= row.name == "env of the head"
    assert found[""]["atlas"] == pages


def test_matrix_is_large_and_its_names_are_distinct():
    """At least 99 edits, each a row of its own."""
    assert len({row.name for row in MATRIX}) == len(MATRIX) >= 99
