"""Weigh and fit the sets of components of each galaxy of a chunk."""

from functools import partial

from skyloom.builder.tasks.files import by_subject, products
from skyloom.builder.tasks.fits import model_subject, no_subject_model
from skyloom.run.job import Job

job = Job(snakemake)
files = products(model=job.output.models, residuals=job.output.residuals)
given = {kind: by_subject(paths) for kind, paths in job.input.items()}
fit = partial(model_subject, files=given, recipe=job.recipe)
job.each(files, fit, files=files, rescue=partial(no_subject_model, recipe=job.recipe))
