"""Bring the spectra of a chunk's exposures onto the networks' pixels."""

from functools import partial

from skyloom.io.tables import write_csv
from skyloom.quasars.spectra.grid import LOG
from skyloom.quasars.spectra.rejects import table
from skyloom.quasars.tasks.spectra import by_exposure, ingest_exposure
from skyloom.run.job import Job

job = Job(snakemake)
targets = by_exposure(job.output.stores)
files, given = {}, list(job.input)
for name, count in job.settings["exposures"].items():
    files[name], given = given[:count], given[count:]
write = partial(ingest_exposure, files=files, grid=LOG, recipe=job.recipe)
stores = {name: {"store": targets[name]} for name in files}
made = job.each(files, write, files=stores)
rejected = [row for one in made.values() for row in one["rejected"]]
write_csv(job.output.rejected, table(rejected))
