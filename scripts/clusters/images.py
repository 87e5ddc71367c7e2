"""Paint the fields of a chunk."""

from skyloom.clusters import settings
from skyloom.clusters.bands import BANDS
from skyloom.clusters.steps.drawing import numbered
from skyloom.clusters.steps.painting import Camera, Painting
from skyloom.run.job import Job

job = Job(snakemake)
section = job.settings["images"]
camera = Camera(
    section["renderer"],
    settings.psf(section["psf"]),
    settings.noise(section["noise"]),
    job.settings["seed"],
    tuple(job.input.psfex),
)
catalogs = {i: place for i, (place,) in numbered(job.input.catalogs).items()}
sample = settings.place(job.settings["simulate"]["fields"])
paint = Painting(camera, sample, catalogs, job.recipe)
named = numbered(job.output)
files = {i: dict(zip(BANDS, paths, strict=True)) for i, paths in named.items()}
job.each(files, paint, files=files)
