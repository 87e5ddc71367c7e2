"""Fetch the images of galaxies."""

from functools import partial

from skyloom.run.job import Job
from skyloom.run.retrieval import fetch
from skyloom.spirals.tasks.retrieve import cutout

job = Job(snakemake)
asked, (master,) = job.settings["retrieve"], job.input.master
source = partial(cutout, asked["cutouts"], asked["layer"], master)
fetch(job.output, source, job.rule)
