"""Run the baselines on the simulated tiles."""

from functools import partial

from skyloom.clusters.baselines.photometry import SurveyDepth
from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.config_simulation import Images
from skyloom.clusters.tasks.baselines import background_of, find_in_tile, galaxies_of
from skyloom.clusters.tasks.products import one_by_tile
from skyloom.run.job import Job

job = Job(snakemake)
how, seed = Images.stated(job.settings["images"]), job.settings["seed"]
catalogs, images = map(one_by_tile, (job.input.catalogs, job.input.images))
tables = job.checkout / "resources" / "clusters"
red_sequence = read_red_sequence(tables / "red_sequence.csv")
depth = SurveyDepth(depth=how.depth10, seeing=how.fwhm)
galaxies = partial(galaxies_of, catalogs=catalogs, depth=depth, seed=seed)
find = partial(
    find_in_tile,
    galaxies=galaxies,
    images=images,
    red_sequence=red_sequence,
    background=background_of(galaxies, images, red_sequence),
    seed=seed,
    record=job.recipe.record(catalogs.values()),
)
kinds = ("matched_filter", "density")
found = {kind: one_by_tile(job.output.get(kind)) for kind in kinds}
files = {name: {kind: found[kind][name] for kind in kinds} for name in catalogs}
job.each(files, find, files=files)
