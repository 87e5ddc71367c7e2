"""Simulate a galaxy's LOGCUBE and MAPS."""

from skyloom.run.job import Job
from skyloom.spectra.config_simulation import Simulate
from skyloom.spectra.tasks.simulate import write_cube

job = Job(snakemake)
settings = Simulate.stated(job.settings["simulate"])
[(name, manga)] = job.settings["names"].items()
write_cube(dict(job.output.items()), name, manga, settings, job.settings["seed"])
job.note_provenance()
