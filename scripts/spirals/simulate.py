"""Simulate the galaxies of a chunk."""

from functools import partial

import pandas as pd
from skyloom.io.parquet import write_parquet
from skyloom.run.job import Job
from skyloom.spirals.config_simulation import Simulate
from skyloom.spirals.simulation.population import population
from skyloom.spirals.tasks.simulate import files_of, rows_of, simulate_galaxy

job = Job(snakemake)
simulate, seed = Simulate.stated(job.settings["simulate"]), job.settings["seed"]
rows = rows_of(population(simulate, seed))
files = files_of({kind: job.output[kind] for kind in ("cutout", "gz3d", "truth")})
rows = {name: rows[name] for name in files}
write = partial(simulate_galaxy, rows, simulate, seed, job.recipe)
found = job.each(files, write, files=files)
table = pd.DataFrame(sorted(found.values(), key=lambda row: row["name"]))
write_parquet(job.output.table, table, job.provenance())
job.note_provenance()
