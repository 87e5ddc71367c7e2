"""Judge what needs no network on the test galaxies."""

from skyloom.io.parquet import write_parquet
from skyloom.run.job import Job
from skyloom.spirals.tasks.judging import baselines

job = Job(snakemake)
found = baselines(
    dict(job.input.items()),
    job.settings["baselines"],
    job.settings["network"]["size"],
    job.settings["images"]["crop"],
    job.settings["evaluate"]["thresholds"],
)
write_parquet(job.output[0], found, job.provenance())
