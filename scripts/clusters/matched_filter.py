"""Run the matched filter on the sources of the tiles of a chunk."""

from functools import partial

from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.tasks.baselines import background_of, filter_tile
from skyloom.clusters.tasks.products import images_of
from skyloom.run.job import Job

job = Job(snakemake)
names, tables = job.settings["tiles"], job.checkout / "resources" / "clusters"
red_sequence = read_red_sequence(tables / "red_sequence.csv")
find = partial(
    filter_tile,
    sources=dict(zip(names, job.input.sources, strict=True)),
    images=images_of(names, job.input.images),
    red_sequence=red_sequence,
    background=background_of(job.input.sample, red_sequence),
    recipe=job.recipe,
)
kinds = ("clusters", "members")
files = {
    name: dict(zip(kinds, paths, strict=True))
    for name, *paths in zip(names, *map(job.output.get, kinds), strict=True)
}
job.each(files, find, files=files)
