"""Look at the tiles of a chunk with the encoder."""

from skyloom.clusters.config import Config
from skyloom.clusters.tasks.infer import Look, predictor_of, windows_of
from skyloom.run.job import Job

job = Job(snakemake)
config, names = Config.stated(job.settings), job.settings["tiles"]
survey = config.survey
windows = windows_of(survey, config.data)
by = predictor_of(job.input.encoder, windows.tile, windows.pool, survey.device)
bands = len(job.input.images) // len(names)
images = {
    name: job.input.images[i * bands : (i + 1) * bands] for i, name in enumerate(names)
}
files = {n: {"maps": path} for n, path in zip(names, job.output, strict=True)}
with job.resuming() as folder:
    look = Look(
        by, windows, survey.batch, images, folder, job.recipe, job.input.encoder
    )
    job.each(files, look, files=files, workers=1)
