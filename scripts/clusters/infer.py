"""Look at the tiles of a chunk with the encoder."""

from functools import partial

from skyloom.clusters.config import Config
from skyloom.clusters.tasks.infer import infer, read_look
from skyloom.clusters.tasks.products import images_of
from skyloom.run.job import Job

job, asked = Job(snakemake), snakemake.resources
names, encoder = job.settings["tiles"], job.input.encoder
settings = job.settings_by("survey", batch=asked.batch, device=asked.device)
look = read_look(encoder, Config.stated(settings))
images = images_of(names, job.input.images)
files = {n: {"maps": path} for n, path in zip(names, job.output, strict=True)}
made_by = {"look": look, "encoder": encoder, "recipe": job.recipe}
with job.resuming() as folder:
    see = partial(infer, images=images, folder=folder, **made_by)
    job.each(files, see, files=files, workers=1)
