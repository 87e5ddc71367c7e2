"""Train the members of a chunk."""

from skyloom.quasars.tasks.training import Training, files_of
from skyloom.run.job import Job

job, device = Job(snakemake), snakemake.resources.device
files = files_of(job.output.networks, job.output.draws)
train = Training(job.input.stores, job.input.labels, job.recipe, device)
job.each(files, train, files=files, workers=1)
