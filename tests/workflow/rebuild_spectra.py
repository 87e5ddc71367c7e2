"""Rows of the rebuild matrix: edits of spectra, and which of its rules run again."""

from __future__ import annotations

import edits as do
from rebuild_row import NOTHING, PINNED, Row, together

# Who reads whose products, from the end to the beginning, and their jobs.
# There are two chunks, two baselines and one cube.
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


ROWS = [
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
]
