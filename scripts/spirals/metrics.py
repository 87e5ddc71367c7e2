"""Gather the run's figures of merit in one file."""

from skyloom.io.documents import write_json
from skyloom.run.headline import headline
from skyloom.run.job import Job

job = Job(snakemake)
reports = {kind: path for kind, paths in job.input.items() for path in paths}
tree = headline(reports)
write_json(job.output[0], tree | {"provenance": job.provenance()}, indent=1)
