"""Gather the run's figures of merit in one file."""

from skyloom.clusters.tasks.metrics import headline
from skyloom.io.documents import write_json
from skyloom.run.job import Job

job = Job(snakemake)
tree = headline({name: list(paths) for name, paths in job.input.items()})
write_json(job.output[0], tree | {"provenance": job.provenance()}, indent=1)
