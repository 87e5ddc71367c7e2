"""Write the marks of a chunk's galaxies."""

from skyloom.io.documents import write_json
from skyloom.run.job import Job
from skyloom.spirals.tasks.marks import Reader, by_name, rescue, subjects

job = Job(snakemake)
outputs = by_name(job.output.marks)
files = dict(zip(outputs, job.input.drawings, strict=True))
known = subjects(job.input.models, job.input.images, job.input.turns)
paths = {name: {"marks": path} for name, path in outputs.items()}
found = job.each(
    files, Reader(files, known, job.recipe).write, files=paths, rescue=rescue
)
record = {"galaxies": found, "provenance": job.provenance()}
write_json(job.output.record, record, indent=1)
