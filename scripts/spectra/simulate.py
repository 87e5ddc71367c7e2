"""Simulate the galaxies of a chunk."""

from skyloom.run.job import Job
from skyloom.spectra.config_simulation import Simulate
from skyloom.spectra.tasks.simulate import write_chunk

job = Job(snakemake)
settings = Simulate.stated(job.settings["simulate"])
names, seed = job.settings["names"], job.settings["seed"]
write_chunk(dict(job.output.items()), names, settings, seed, job.provenance())
