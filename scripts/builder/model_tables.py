"""Gather the aggregate and best individual models of all galaxies in two tables."""

from skyloom.builder.tasks.catalogue import aggregation_table, best_table, trees
from skyloom.io.parquet import write_parquet
from skyloom.run.job import Job

job = Job(snakemake)
tables = {
    "aggregation": aggregation_table(trees(job.input.aggregates)),
    "best": best_table(trees(job.input.best)),
}
for name, table in tables.items():
    write_parquet(job.output[name], table, job.provenance())
