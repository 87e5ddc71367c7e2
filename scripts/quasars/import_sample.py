"""Bring labelled spectra of any format onto the networks' pixels."""

from skyloom.quasars.settings import GRIDS
from skyloom.quasars.steps.samples import ingest_sample
from skyloom.run.job import Job

job = Job(snakemake)
sources, given = [], list(job.input.spectra)
for truth, (count, most) in zip(job.input.truths, job.settings["sources"], strict=True):
    sources.append((given[:count], truth, most))
    given = given[count:]
ingest_sample(
    sources,
    job.output.store,
    job.output.labels,
    GRIDS[job.settings["grid"]],
    job.settings["seed"],
    job.provenance(),
)
job.note_provenance()
