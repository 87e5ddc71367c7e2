"""Simulate the tiles of a chunk."""

from skyloom.clusters.bands import BANDS
from skyloom.clusters.catalogue.sample import Sample
from skyloom.clusters.config import Config
from skyloom.clusters.tasks.catalogs import Drawing, read_world
from skyloom.clusters.tasks.images import Camera, Simulation
from skyloom.clusters.tasks.products import by_tile
from skyloom.run.job import Job

job = Job(snakemake)
config, seed = Config.stated(job.settings), job.settings["seed"]
tiles = config.simulate.survey
sample = Sample(tiles.image_size, tiles.halos, config.simulate.faintest)
world = read_world(job.input.clusters, job.checkout / "resources")
draw = Drawing(seed, world, sample, job.provenance([job.input.clusters]))
camera = Camera(config.images, seed, tuple(job.input.psfex))
catalogs, truths = by_tile(job.output.catalogs), by_tile(job.output.truth)
painted = by_tile(job.output.images)
files = {
    name: {"catalog": catalogs[name][0], "truth": truths[name][0]}
    | dict(zip(BANDS, painted[name], strict=True))
    for name in catalogs
}
job.each(files, Simulation(draw, camera), files=files, workers=1)
job.note_provenance()
