"""Simulate the labelled spectra that the first round starts from."""

from skyloom.quasars.config_simulation import SimulatedSample
from skyloom.quasars.simulation.sample import write_sample
from skyloom.quasars.spectra.grid import LOG
from skyloom.run.job import Job

job = Job(snakemake)
settings = SimulatedSample.stated(job.settings["simulate"]["sample"])
write_sample(
    job.output.store,
    job.output.labels,
    settings.targets,
    settings.boss,
    settings.objects,
    LOG,
    job.settings["seed"],
    job.provenance(),
)
job.note_provenance()
