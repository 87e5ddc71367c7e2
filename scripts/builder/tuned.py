"""Fit the galaxies of a chunk from one kind of starting model."""

from functools import partial

from skyloom.builder.tasks.files import by_subject, products
from skyloom.builder.tasks.fits import failed_tune, tune_subject
from skyloom.run.job import Job

job = Job(snakemake)
files = products(tuned=job.output)
given = {kind: by_subject(paths) for kind, paths in job.input.items()}
fit = partial(tune_subject, files=given, recipe=job.recipe)
job.each(files, fit, files=files, rescue=partial(failed_tune, recipe=job.recipe))
