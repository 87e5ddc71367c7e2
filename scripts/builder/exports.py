"""Write the models of a chunk for DS9 and GALFIT."""

from functools import partial

from skyloom.builder.tasks.exports import export_subject, failed_export
from skyloom.builder.tasks.files import by_subject, products
from skyloom.run.job import Job

job = Job(snakemake)
given = {kind: by_subject(paths) for kind, paths in job.input.items()}
files = products(regions=job.output.regions, galfit=job.output.feedmes)
write = partial(export_subject, files=given, recipe=job.recipe)
job.each(files, write, files=files, rescue=partial(failed_export, recipe=job.recipe))
