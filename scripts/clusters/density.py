"""Look for overdensities of red galaxies in the simulated tiles."""

from functools import partial

from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.tasks.baselines import density_tile
from skyloom.clusters.tasks.products import by_tile, one_by_tile
from skyloom.run.job import Job

job = Job(snakemake)
tables = job.checkout / "resources" / "clusters"
find = partial(
    density_tile,
    sources=one_by_tile(job.input.sources),
    images=by_tile(job.input.images),
    red_sequence=read_red_sequence(tables / "red_sequence.csv"),
    seed=job.settings["seed"],
    recipe=job.recipe,
)
files = {n: {"density": path} for n, path in one_by_tile(job.output).items()}
job.each(files, find, files=files)
