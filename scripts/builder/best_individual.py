"""Find the volunteer whose drawing fits best, for every galaxy of a chunk."""

from functools import partial

from skyloom.builder.tasks.best_individual import failed_best, find_best
from skyloom.builder.tasks.files import by_subject, products
from skyloom.run.job import Job

job = Job(snakemake)
files = products(row=job.output)
find = partial(
    find_best,
    volunteers=by_subject(job.input.volunteers),
    cutouts=by_subject(job.input.cutouts),
    recipe=job.recipe,
)
job.each(files, find, files=files, rescue=partial(failed_best, recipe=job.recipe))
