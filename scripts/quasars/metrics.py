"""Gather the run's figures of merit in one file."""

from skyloom.io.documents import write_json
from skyloom.quasars.tasks.metrics import HEADLINES
from skyloom.run.headline import headline
from skyloom.run.job import Job

job = Job(snakemake)
tree = headline({kind: list(paths) for kind, paths in job.input.items()}, HEADLINES)
write_json(job.output[0], tree | {"provenance": job.provenance()}, indent=1)
