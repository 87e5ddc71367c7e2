"""Simulate the tiles of a chunk."""

from functools import partial

from skyloom.clusters.bands import BANDS
from skyloom.clusters.catalogue.sample import Sample
from skyloom.clusters.config import Config
from skyloom.clusters.tasks.catalogs import read_world
from skyloom.clusters.tasks.images import Camera, simulate
from skyloom.clusters.tasks.products import by_tile
from skyloom.run.job import Job

job = Job(snakemake)
config = Config.stated(job.settings)
tiles = config.simulate.survey
make = partial(
    simulate,
    camera=Camera(config.images, job.settings["seed"], tuple(job.input.psfex)),
    world=read_world(job.input.clusters, job.checkout / "resources"),
    sample=Sample(tiles.image_size, tiles.halos, config.simulate.faintest),
    record=job.provenance([job.input.clusters]),
)
catalogs, truths = by_tile(job.output.catalogs), by_tile(job.output.truth)
painted = by_tile(job.output.images)
files = {
    name: {"catalog": catalogs[name][0], "truth": truths[name][0]}
    | dict(zip(BANDS, painted[name], strict=True))
    for name in catalogs
}
job.each(files, make, files=files, workers=1)
job.note_provenance()
