"""Paint the fields of a chunk."""

from functools import partial

from skyloom.clusters.bands import BANDS
from skyloom.clusters.config_simulation import Images
from skyloom.clusters.tasks.images import Camera, paint
from skyloom.clusters.tasks.products import by_field
from skyloom.run.job import Job

job = Job(snakemake)
section = Images.stated(job.settings["images"])
camera = Camera(section, job.settings["seed"], tuple(job.input.psfex))
given = {
    kind: {i: path for i, (path,) in by_field(job.input.get(kind)).items()}
    for kind in ("catalogs", "truth")
}
named = by_field(job.output)
files = {i: dict(zip(BANDS, paths, strict=True)) for i, paths in named.items()}
paint_one = partial(paint, camera=camera, recipe=job.recipe, **given)
job.each(files, paint_one, files=files)
