"""Measure the sources of the tiles of a chunk."""

from functools import partial

from skyloom.clusters.tasks.baselines import measure_tile
from skyloom.clusters.tasks.products import images_of
from skyloom.run.job import Job

job = Job(snakemake)
names = job.settings["tiles"]
images = images_of(names, job.input)
files = {n: {"sources": path} for n, path in zip(names, job.output, strict=True)}
made_by = {"seed": job.settings["seed"], "recipe": job.recipe}
job.each(files, partial(measure_tile, images=images, **made_by), files=files)
