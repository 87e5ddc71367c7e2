"""Aggregate the drawings of every galaxy of a chunk."""

from functools import partial

from skyloom.builder.tasks.aggregates import aggregate, failed_aggregate
from skyloom.builder.tasks.files import by_subject, products
from skyloom.run.job import Job

job = Job(snakemake)
files = products(tree=job.output)
given = {kind: by_subject(paths) for kind, paths in job.input.items()}
make = partial(aggregate, files=given, recipe=job.recipe)
job.each(files, make, files=files, rescue=partial(failed_aggregate, recipe=job.recipe))
