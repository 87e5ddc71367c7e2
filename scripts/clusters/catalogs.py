"""Draw the fields of a chunk."""

from functools import partial

from skyloom.clusters.catalogue.sample import Sample
from skyloom.clusters.config_simulation import Simulate
from skyloom.clusters.tasks.catalogs import draw, read_world
from skyloom.clusters.tasks.products import by_field
from skyloom.run.job import Job

job = Job(snakemake)
simulate = Simulate.stated(job.settings["simulate"])
fields = simulate.fields
draw_one = partial(
    draw,
    seed=job.settings["seed"],
    world=read_world(job.input.clusters, job.checkout / "resources"),
    sample=Sample(fields.image_size, fields.halos, simulate.faintest, fields.shallow),
    record=job.provenance(),
)
catalogs, truths = by_field(job.output.catalogs), by_field(job.output.truth)
files = {i: {"catalog": catalogs[i][0], "truth": truths[i][0]} for i in catalogs}
job.each(files, draw_one, files=files)
job.note_provenance()
