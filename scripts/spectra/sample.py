"""Draw a sample of the chunks' spectra, and scale it."""

from pathlib import Path

from skyloom.io.documents import write_json
from skyloom.run.job import Job
from skyloom.spectra.tasks.sample import make_sample

job = Job(snakemake)
chunks = {Path(path).stem.removeprefix("spec"): path for path in job.input.flux}
record = job.provenance()
size = job.wildcards.size
report = make_sample(chunks, job.output.flux, size, job.settings, record)
write_json(job.output.report, report | {"provenance": record}, indent=1)
