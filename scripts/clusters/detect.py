"""Find the clusters in the tiles of a chunk."""

from skyloom.clusters.tasks.detect import Detection
from skyloom.run.job import Job

job = Job(snakemake)
names = job.settings["tiles"]
maps = dict(zip(names, job.input, strict=True))
find = Detection(maps, job.recipe)
files = {n: {"candidates": path} for n, path in zip(names, job.output, strict=True)}
job.each(files, find, files=files)
