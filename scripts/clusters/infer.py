"""Look at the tiles of a chunk with the encoder."""

from skyloom.clusters import settings
from skyloom.clusters.tasks.infer import Look, predictor_of
from skyloom.run.job import Job

job = Job(snakemake)
section, names = job.settings["survey"], job.settings["tiles"]
windows = settings.windows(section, job.settings["data"])
by = predictor_of(job.input.encoder, windows.tile, windows.pool, section["device"])
bands = len(job.input.images) // len(names)
images = {
    name: job.input.images[i * bands : (i + 1) * bands] for i, name in enumerate(names)
}
files = {n: {"maps": path} for n, path in zip(names, job.output, strict=True)}
with job.resuming() as folder:
    look = Look(
        by, windows, section["batch"], images, folder, job.recipe, job.input.encoder
    )
    job.each(files, look, files=files, workers=1)
