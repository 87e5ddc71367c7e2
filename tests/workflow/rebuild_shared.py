"""Rows of the rebuild matrix: edits that concern several areas, or none."""

from __future__ import annotations

import edits as do
from rebuild_builder import ALL, CUT, FIGURES, PITCH, SIMULATED
from rebuild_clusters import CEVERY, CINFERRED, CSCORED, CSHOWN
from rebuild_quasars import CALIBRATED, EVERY, MAPPED, TRAINED
from rebuild_row import NOTHING, PINNED, Row, together
from rebuild_spectra import SDRAWN, SEVERY, SGREYED, SLEARNED
from rebuild_spirals import ADRAWN, AEVERY

STYLE = "workflow/lib/skyloom/plots/style.py"
TITLES = '"axes.titlesize": '
OTHERS = {"quasars": EVERY, "clusters": CEVERY, "spectra": SEVERY}
OTHERS |= {"spirals": AEVERY}

ROWS = [
    Row("nothing", do.nothing, NOTHING),
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
    Row("docstring of all", do.docstring("run.log", "start"), NOTHING),
    Row("layout of the whole library", do.spread_out, NOTHING),
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
    Row("seed", do.configure("seed", "2"), SIMULATED, **OTHERS),
    Row("name of the run", do.configure("run", "other"), ALL, **OTHERS),
    Row("order of keys", do.turn_keys, NOTHING),
    Row("comment in the config", do.append("tiny.yaml", "# x\n"), NOTHING),
    Row("env of the head", do.swap("envs/head.yaml", PINNED, "numpy=2.4.5"), NOTHING),
    Row("lock file", do.append("envs/lock.txt", "# x\n"), NOTHING),
    Row(
        "pin of the lock",
        do.swap("envs/lock.txt", "shapely==2.2.0", "shapely==2"),
        ALL,
        spirals=OTHERS["spirals"],
    ),
    Row("map", do.body("som.training", "epoch"), quasars=MAPPED, spectra=SLEARNED),
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
