"""Aggregate the drawings of every galaxy of a chunk."""

from functools import partial

from skyloom.builder.steps.aggregating import aggregate_one, failed_aggregate
from skyloom.builder.steps.files import by_subject, products
from skyloom.run.job import Job

job = Job(snakemake)
files = products(tree=job.output)
given = {"settings": job.settings, "code": job.code}
volunteers = by_subject(job.input.volunteers)
aggregate = partial(aggregate_one, volunteers=volunteers, **given)
job.each(files, aggregate, files=files, rescue=partial(failed_aggregate, **given))
