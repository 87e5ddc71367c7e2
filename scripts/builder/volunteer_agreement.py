"""Measure how far volunteers agree on each component."""

from skyloom.builder.tasks.aggregates import agreement_tree
from skyloom.io.documents import read_json, write_json
from skyloom.run.job import Job

job = Job(snakemake)
kinds = ("volunteers", "aggregates")
trees = ([read_json(path) for path in job.input[kind]] for kind in kinds)
tree = agreement_tree(*trees) | {"provenance": job.provenance()}
write_json(job.output[0], tree)
