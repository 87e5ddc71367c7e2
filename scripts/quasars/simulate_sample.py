"""Simulate the labelled spectra that the first round starts from."""

from skyloom.quasars import settings
from skyloom.quasars.simulation.sample import write_sample
from skyloom.quasars.spectra.grid import LOG
from skyloom.run.job import Job

job = Job(snakemake)
section = job.settings["simulate"]["sample"]
write_sample(
    job.output.store,
    job.output.labels,
    section["targets"],
    section["boss"],
    settings.targets(section["objects"]),
    LOG,
    job.settings["seed"],
    job.provenance(),
)
job.note_provenance()
