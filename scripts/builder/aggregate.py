"""Aggregate the drawings of every galaxy of a chunk."""

from functools import partial

from skyloom.builder.steps.aggregating import aggregate_one, failed_aggregate
from skyloom.builder.steps.files import by_subject, products
from skyloom.run.job import Job

job = Job(snakemake)
files = products(tree=job.output)
volunteers = by_subject(job.input.volunteers)
aggregate = partial(aggregate_one, volunteers=volunteers, recipe=job.recipe)
job.each(
    files, aggregate, files=files, rescue=partial(failed_aggregate, recipe=job.recipe)
)
