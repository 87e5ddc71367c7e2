"""Simulate the tiles of a chunk."""

from skyloom.clusters import settings
from skyloom.clusters.bands import BANDS
from skyloom.clusters.steps.drawing import Drawing, read_prior, recorded
from skyloom.clusters.steps.painting import Camera
from skyloom.clusters.steps.surveying import Simulation, by_tile
from skyloom.run.job import Job

job = Job(snakemake)
seed, images = job.settings["seed"], job.settings["images"]
given = dict(job.input.items())
psfex = tuple(given.pop("psfex"))
sample = settings.sample(job.settings["simulate"]["survey"])
resources = job.checkout / "resources"
prior = read_prior(job.settings["prior"], seed, sample, given, resources)
draw = Drawing(prior, recorded(job.recipe, given))
psf, noise = settings.psf(images["psf"]), settings.noise(images["noise"])
simulate = Simulation(draw, Camera(images["renderer"], psf, noise, seed, psfex))
catalogs, truths = by_tile(job.output.catalogs), by_tile(job.output.truth)
painted = by_tile(job.output.images)
files = {
    name: {"catalog": catalogs[name][0], "truth": truths[name][0]}
    | dict(zip(BANDS, painted[name], strict=True))
    for name in catalogs
}
job.each(files, simulate, files=files, workers=1)
job.note_provenance()
