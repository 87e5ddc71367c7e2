"""Run the baselines on the simulated tiles."""

from functools import partial

from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.tasks.baselines import background_of, find_in_tile, galaxies_of
from skyloom.clusters.tasks.products import by_tile, one_by_tile
from skyloom.run.job import Job

job = Job(snakemake)
seed, images = job.settings["seed"], by_tile(job.input.images)
sources = one_by_tile(job.input.sources)
tables = job.checkout / "resources" / "clusters"
red_sequence = read_red_sequence(tables / "red_sequence.csv")
galaxies = partial(galaxies_of, sources=sources)
find = partial(
    find_in_tile,
    galaxies=galaxies,
    images=images,
    red_sequence=red_sequence,
    background=background_of(galaxies, images, red_sequence),
    seed=seed,
    record=job.recipe.record(sources.values()),
)
kinds = ("matched_filter", "density")
found = {kind: one_by_tile(job.output.get(kind)) for kind in kinds}
files = {name: {kind: found[kind][name] for kind in kinds} for name in images}
job.each(files, find, files=files)
