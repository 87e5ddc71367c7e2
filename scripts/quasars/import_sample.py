"""Bring labelled spectra of any format onto the networks' pixels."""

from skyloom.quasars.spectra.grid import LOG
from skyloom.quasars.tasks.spectra import ingest_sample
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
    LOG,
    job.settings["seed"],
    job.provenance(),
)
job.note_provenance()
