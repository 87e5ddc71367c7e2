"""Simulate the tiles of a chunk."""

from skyloom.clusters import settings
from skyloom.clusters.bands import BANDS
from skyloom.clusters.tasks.catalogs import Drawing, read_world
from skyloom.clusters.tasks.images import Camera
from skyloom.clusters.tasks.products import by_tile
from skyloom.clusters.tasks.survey import Simulation
from skyloom.run.job import Job

job = Job(snakemake)
seed, images = job.settings["seed"], job.settings["images"]
world = read_world(job.input.clusters, job.checkout / "resources")
sample = settings.sample(job.settings["simulate"]["survey"])
draw = Drawing(seed, world, sample, job.provenance([job.input.clusters]))
psf, noise = settings.psf(images["psf"]), settings.noise(images["noise"])
camera = Camera(images["renderer"], psf, noise, seed, tuple(job.input.psfex))
catalogs, truths = by_tile(job.output.catalogs), by_tile(job.output.truth)
painted = by_tile(job.output.images)
files = {
    name: {"catalog": catalogs[name][0], "truth": truths[name][0]}
    | dict(zip(BANDS, painted[name], strict=True))
    for name in catalogs
}
job.each(files, Simulation(draw, camera), files=files, workers=1)
job.note_provenance()
