"""Fetch a galaxy's LOGCUBE or MAPS."""

from skyloom.run.job import Job
from skyloom.spectra.tasks.retrieve import manga_url, retrieve

job = Job(snakemake)
asked = (job.wildcards.plateifu, job.wildcards.product)
found = retrieve(*asked, job.output[0], job.input.sheet)
job.log.info("%s: sha256 %s", manga_url(*asked), found)
