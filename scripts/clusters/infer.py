"""Look at the tiles of a chunk with the encoder."""

from functools import partial

from skyloom.clusters.config import Config
from skyloom.clusters.tasks.infer import infer, read_look
from skyloom.clusters.tasks.products import images_of
from skyloom.run.job import Job

job = Job(snakemake)
names, encoder = job.settings["tiles"], job.input.encoder
look = read_look(encoder, Config.stated(job.settings))
images = images_of(names, job.input.images)
files = {n: {"maps": path} for n, path in zip(names, job.output, strict=True)}
made_by = {"look": look, "encoder": encoder, "recipe": job.recipe}
with job.resuming() as folder:
    see = partial(infer, images=images, folder=folder, **made_by)
    job.each(files, see, files=files, workers=1)
