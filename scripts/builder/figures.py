"""Draw the page of every galaxy of a chunk."""

from functools import partial

from skyloom.builder.tasks.files import by_subject, products
from skyloom.builder.tasks.pages import failed_plot, plot_subject
from skyloom.run.job import Job

job = Job(snakemake)
given = {kind: by_subject(paths) for kind, paths in job.input.items()}
files = products(pdf=job.output)
plot = partial(plot_subject, files=given, recipe=job.recipe)
job.each(files, plot, files=files, rescue=partial(failed_plot, recipe=job.recipe))
