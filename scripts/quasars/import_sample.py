"""Bring labelled spectra of any format onto the networks' pixels."""

from skyloom.quasars.settings import GRIDS
from skyloom.quasars.steps.samples import ingest_sample
from skyloom.run.job import Job

job = Job(snakemake)
most = job.settings["most"]
ingest_sample(
    zip(job.input.places, job.input.truths, most, strict=True),
    job.output.store,
    job.output.labels,
    GRIDS[job.settings["grid"]],
    job.settings["seed"],
)
job.note_provenance()
