"""Paint the fields of a chunk."""

from skyloom.clusters.bands import BANDS
from skyloom.clusters.config_simulation import Images
from skyloom.clusters.tasks.images import Camera, Painting
from skyloom.clusters.tasks.products import by_field
from skyloom.run.job import Job

job = Job(snakemake)
section = Images.stated(job.settings["images"])
camera = Camera(section, job.settings["seed"], tuple(job.input.psfex))
catalogs, truth = (
    {i: path for i, (path,) in by_field(paths).items()}
    for paths in (job.input.catalogs, job.input.truth)
)
named = by_field(job.output)
files = {i: dict(zip(BANDS, paths, strict=True)) for i, paths in named.items()}
job.each(files, Painting(camera, catalogs, truth, job.recipe), files=files)
