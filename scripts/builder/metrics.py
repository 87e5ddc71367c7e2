"""Gather the run's headline numbers, for programs and for people."""

from skyloom.io.documents import write_json
from skyloom.run.headline import headline
from skyloom.run.headline_table import write_table
from skyloom.run.job import Job

job = Job(snakemake)
tree = headline(dict(job.input.items()))
write_json(job.output.tree, tree | {"provenance": job.provenance()})
write_table(job.output.table, tree, "Builder: headline numbers")
