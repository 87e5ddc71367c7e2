"""Draw the galaxies of a chunk with their maps and votes."""

from functools import partial

from skyloom.run.job import Job
from skyloom.spirals.tasks.drawing import write_picture
from skyloom.spirals.tasks.marks import by_name

job = Job(snakemake)
images, maps, outputs = map(by_name, (job.input.images, job.input.maps, job.output))
draw = partial(write_picture, images=images, maps=maps, recipe=job.recipe)
job.each(images, draw, files={name: {"picture": p} for name, p in outputs.items()})
