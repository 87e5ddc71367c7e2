"""Rows of the rebuild matrix: edits of clusters, and which of its rules run again."""

from __future__ import annotations

import edits as do
from rebuild_row import NOTHING, PINNED, Row

# Who reads whose products, from the end to the beginning. Each
# rule has one job.
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


ROWS = [
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
]
