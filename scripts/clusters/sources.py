"""Measure the sources of the tiles of a chunk."""

from functools import partial

from skyloom.clusters.bands import BANDS
from skyloom.clusters.tasks.baselines import measure_tile
from skyloom.run.job import Job

job = Job(snakemake)
names, bands = job.settings["tiles"], len(BANDS)
images = {n: job.input[i * bands : (i + 1) * bands] for i, n in enumerate(names)}
files = {n: {"sources": path} for n, path in zip(names, job.output, strict=True)}
made_by = {"seed": job.settings["seed"], "recipe": job.recipe}
job.each(files, partial(measure_tile, images=images, **made_by), files=files)
