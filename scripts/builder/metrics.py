"""Gather the run's figures of merit in one file."""

from skyloom.builder.steps.metrics import metrics_tree
from skyloom.io.documents import read_json, write_json
from skyloom.run.job import Job

job = Job(snakemake)
parts = {name: read_json(path) for name, path in job.input.items()}
write_json(job.output[0], metrics_tree(parts) | {"provenance": job.provenance()})
