"""Judge a network on the test galaxies."""

from skyloom.io.parquet import write_parquet
from skyloom.run.job import Job
from skyloom.spirals.tasks.judging import judge

job = Job(snakemake)
thresholds = job.settings["evaluate"]["thresholds"]
found = judge(dict(job.input.items()), dict(job.wildcards.items()), thresholds)
write_parquet(job.output[0], found, job.provenance())
