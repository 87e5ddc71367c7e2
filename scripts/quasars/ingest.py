"""Bring the spectra of a chunk's exposures onto the networks' pixels."""

from functools import partial

from skyloom.quasars.spectra.grid import LOG
from skyloom.quasars.tasks.spectra import by_exposure, ingest_exposure
from skyloom.run.job import Job

job = Job(snakemake)
targets = by_exposure(job.output)
files, given = {}, list(job.input)
for name, count in job.settings["exposures"].items():
    files[name], given = given[:count], given[count:]
write = partial(ingest_exposure, files=files, grid=LOG, recipe=job.recipe)
job.each(files, write, files={name: {"store": targets[name]} for name in files})
