"""Train the map of galaxies."""

from skyloom.run.job import Job
from skyloom.spectra.tasks import galaxy_map

job = Job(snakemake)
with job.resuming() as folder:
    how = {"settings": job.settings["galaxy_map"], "seed": job.settings["seed"]}
    made = galaxy_map.train_galaxy_map(job.input.shares, **how, folder=folder)
    galaxy_map.save(made, job.output, job.provenance())
