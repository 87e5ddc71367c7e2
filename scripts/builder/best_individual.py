"""Find the volunteer whose drawing fits best, for every galaxy of a chunk."""

from functools import partial

from skyloom.builder.steps.best import best_of_subject, failed_best
from skyloom.builder.steps.files import by_subject, products
from skyloom.run.job import Job

job = Job(snakemake)
files = products(row=job.output)
find = partial(
    best_of_subject,
    volunteers=by_subject(job.input.volunteers),
    cutouts=by_subject(job.input.cutouts),
    recipe=job.recipe,
)
job.each(files, find, files=files, rescue=partial(failed_best, recipe=job.recipe))
