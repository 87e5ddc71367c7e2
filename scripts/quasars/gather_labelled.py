"""Gather the survey's spectra of the targets that have been labelled."""

from skyloom.quasars.tasks.spectra import gather_labelled
from skyloom.run.job import Job

job = Job(snakemake)
gather_labelled(
    job.input.stores,
    job.input.labels,
    job.input.before,
    job.output[0],
    job.provenance([job.input.labels, job.input.before]),
)
