"""Make the pictures of a chunk's galaxies."""

from skyloom.io.documents import write_json
from skyloom.run.job import Job
from skyloom.spirals.tasks.images import Studio, places
from skyloom.spirals.tasks.marks import by_name, subjects

job = Job(snakemake)
outputs = by_name(job.output.images)
files = dict(zip(outputs, job.input.pictures, strict=True))
studio = Studio(
    files,
    places(job.input.master, job.input.sheet, files),
    job.settings["images"]["size"],
    job.settings["predict"]["pixscale"],
    job.settings["of"],
    subjects(job.input.models, job.input.images, job.input.turns),
    job.recipe,
)
paths = {name: {"images": path} for name, path in outputs.items()}
found = job.each(files, studio.make, files=paths, rescue=studio.rescue)
record = {"galaxies": found, "provenance": job.provenance()}
write_json(job.output.record, record, indent=1)
