"""Train the members of a chunk."""

from skyloom.quasars.tasks.training import Training, groups_of
from skyloom.run.job import Job

job = Job(snakemake)
size = job.settings["ensemble"]["at_once"]
groups = groups_of(job.output.networks, job.output.draws, size)
train = Training(job.input.stores, job.input.labels, job.recipe)
job.each(groups, train, files=groups, workers=1)
