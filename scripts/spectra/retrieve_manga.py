"""Fetch LOGCUBEs and MAPS of galaxies."""

from functools import partial

from skyloom.run.job import Job
from skyloom.run.retrieval import fetch
from skyloom.spectra.tasks.retrieve import fetched

job = Job(snakemake)
fetch(job.output, partial(fetched, job.input.sheet), job.rule)
