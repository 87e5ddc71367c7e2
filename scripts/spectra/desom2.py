"""Train the map of galaxies."""

from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.job import Job
from skyloom.spectra.tasks import galaxy_map

job = Job(snakemake)
record = job.provenance()
with job.resuming() as folder:
    how = {"settings": job.settings["galaxy_map"], "seed": job.settings["seed"]}
    made = galaxy_map.train_galaxy_map(job.input.shares, **how, folder=folder)
    galaxy_map.save(made, dict(job.output.items()), record)
    for name, figure in galaxy_map.pictures(made).items():
        style.save(figure, job.output.get(name), note=text(record))
