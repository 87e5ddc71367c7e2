"""Add up the spectra that each cut removes."""

from skyloom.io.documents import write_json
from skyloom.run.job import Job
from skyloom.spectra.tasks.rest import sum_cuts

job = Job(snakemake)
counts = sum_cuts(list(job.input))
write_json(job.output[0], counts | {"provenance": job.provenance()}, indent=1)
