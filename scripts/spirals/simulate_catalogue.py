"""Write what the catalogues say of the simulated survey."""

from skyloom.io.parquet import write_parquet
from skyloom.io.tables import write_csv
from skyloom.run.job import Job
from skyloom.spirals.config_simulation import Simulate
from skyloom.spirals.simulation.population import (
    base_catalogue,
    population,
    sami_targets,
)

job = Job(snakemake)
seed = job.settings["seed"]
galaxies = population(Simulate.stated(job.settings["simulate"]), seed)
write_parquet(job.output.base, base_catalogue(galaxies, seed), job.provenance())
write_csv(job.output.sami, sami_targets(galaxies, seed))
job.note_provenance()
