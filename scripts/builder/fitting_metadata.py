"""Make the cutouts of a chunk: image, sigma, mask and PSF of each galaxy."""

from functools import partial

from skyloom.builder.tasks.cutouts import cut_subject, failed_cutout, metadata_rows
from skyloom.builder.tasks.files import by_subject, declared, products
from skyloom.run.job import Job

job = Job(snakemake)
files = products(npz=job.output.npz, fits=job.output.fits)
first = {second: one for one, second in job.settings["repeats"]}
if job.settings["source"] == "simulated":
    found = {"subject_data": by_subject(job.input.subject_data)}
else:
    shown = {*files, *first.values()}
    patterns = job.settings["paths"]  # of this source's kinds of image only
    given = dict(job.input.items())
    found = {k: declared(one, shown, given[k]) for k, one in patterns.items()}
tables = list(job.input.gal_metadata)
cut = partial(
    cut_subject,
    files=found,
    metadata=metadata_rows(tables),
    tables=tables,
    first=first,
    recipe=job.recipe,
)
job.each(files, cut, files=files, rescue=partial(failed_cutout, recipe=job.recipe))
