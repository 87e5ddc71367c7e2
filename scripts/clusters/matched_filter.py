"""Run the matched filter on the sources of the tiles of a chunk."""

from functools import partial

from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.images.survey import survey_wcs
from skyloom.clusters.tasks.baselines import background_of, filter_tile, galaxies_of
from skyloom.clusters.tasks.products import by_tile, one_by_tile
from skyloom.run.job import Job

job = Job(snakemake)
names, images = job.settings["tiles"], by_tile(job.input.images)
sources, sample, places = (
    one_by_tile(job.input.get(kind)) for kind in ("sources", "sample", "places")
)
tables = job.checkout / "resources" / "clusters"
red_sequence = read_red_sequence(tables / "red_sequence.csv")
background = background_of(
    [galaxies_of(name, sample) for name in sample],
    [survey_wcs(places[name]) for name in sample],
    red_sequence,
)
find = partial(
    filter_tile,
    sources=sources,
    images=images,
    red_sequence=red_sequence,
    background=background,
    recipe=job.recipe,
)
kinds = ("clusters", "members")
files = {
    name: dict(zip(kinds, paths, strict=True))
    for name, *paths in zip(names, *map(job.output.get, kinds), strict=True)
}
job.each(files, find, files=files)
