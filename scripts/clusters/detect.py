"""Find the clusters in the tiles of a chunk."""

from functools import partial

from skyloom.clusters.tasks.detect import detect
from skyloom.run.job import Job

job = Job(snakemake)
names = job.settings["tiles"]
maps = dict(zip(names, job.input, strict=True))
files = {n: {"candidates": path} for n, path in zip(names, job.output, strict=True)}
job.each(files, partial(detect, maps=maps, recipe=job.recipe), files=files)
