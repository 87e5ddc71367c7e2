"""Gather the run's headline numbers, for programs and for people."""

from skyloom.io.documents import write_json
from skyloom.quasars.tasks.metrics import HEADLINES
from skyloom.run.headline import headline
from skyloom.run.headline_table import write_table
from skyloom.run.job import Job

job = Job(snakemake)
tree = headline({kind: list(paths) for kind, paths in job.input.items()}, HEADLINES)
write_json(job.output.tree, tree | {"provenance": job.provenance()}, indent=1)
write_table(job.output.table, tree, "Quasars: headline numbers")
