"""Rows of the rebuild matrix: edits of spirals, and which of its rules run again."""

from __future__ import annotations

import edits as do
from rebuild_row import NOTHING, PINNED, Row, together

# Who reads whose products, from the end to the beginning, and their jobs.
# There are two chunks and two trainings, joint and of maps alone.
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


ROWS = [
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
]
