"""Bring labelled spectra of any format onto the networks' pixels."""

from skyloom.quasars.settings import GRIDS
from skyloom.quasars.steps.samples import files_of, ingest_sample
from skyloom.run.job import Job
from skyloom.run.provenance import text

job = Job(snakemake)
most = job.settings["most"]
spectra = [path for place in job.input.places for path in files_of(place)]
record = job.provenance([*spectra, *job.input.truths])
ingest_sample(
    zip(job.input.places, job.input.truths, most, strict=True),
    job.output.store,
    job.output.labels,
    GRIDS[job.settings["grid"]],
    job.settings["seed"],
    record,
)
job.log.info("provenance: %s", text(record))
