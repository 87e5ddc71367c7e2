"""Find the volunteer whose drawing fits best, for every galaxy of a chunk."""

from functools import partial

from skyloom.builder.tasks.files import by_subject, products
from skyloom.builder.tasks.fits import failed_best, find_best
from skyloom.run.job import Job

job = Job(snakemake)
files = products(row=job.output)
given = {kind: by_subject(paths) for kind, paths in job.input.items()}
find = partial(find_best, files=given, recipe=job.recipe)
job.each(files, find, files=files, rescue=partial(failed_best, recipe=job.recipe))
