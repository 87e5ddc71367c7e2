"""Aggregate the drawings of every galaxy of a chunk."""

from functools import partial

from skyloom.builder.tasks.aggregates import aggregate, failed_aggregate
from skyloom.builder.tasks.files import by_subject, products
from skyloom.run.job import Job

job = Job(snakemake)
files = products(tree=job.output)
make = partial(
    aggregate, volunteers=by_subject(job.input.volunteers), recipe=job.recipe
)
job.each(files, make, files=files, rescue=partial(failed_aggregate, recipe=job.recipe))
