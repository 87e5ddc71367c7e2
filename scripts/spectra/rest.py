"""Bring the spectra of a chunk to rest, and cut those that cannot be used."""

from skyloom.io.documents import write_json
from skyloom.run.job import Job
from skyloom.spectra.tasks.rest import rest_chunk

job = Job(snakemake)
raw = {kind: list(files) for kind, files in job.input.items()}
record = job.provenance()
counts = rest_chunk(raw, job.output.flux, job.settings, record)
write_json(job.output.cuts, counts | {"provenance": record}, indent=1)
