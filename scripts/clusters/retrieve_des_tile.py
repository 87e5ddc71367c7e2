"""Fetch images of DES tiles."""

from functools import partial

from skyloom.clusters.tasks.retrieve import fetched
from skyloom.run.job import Job
from skyloom.run.retrieval import fetch

job = Job(snakemake)
base = job.settings["retrieve"]["tiles"]
fetch(job.output, partial(fetched, base, list(job.input.sums)), job.rule)
