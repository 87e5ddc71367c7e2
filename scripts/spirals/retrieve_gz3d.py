"""Fetch files of GZ3D."""

from functools import partial

from skyloom.run.job import Job
from skyloom.run.retrieval import fetch
from skyloom.spirals.tasks.retrieve import gz3d

job = Job(snakemake)
base = job.settings["retrieve"]["gz3d"]
fetch(job.output, partial(gz3d, base, list(job.input.sums)), job.rule)
