"""Draw the fields of a chunk."""

from skyloom.clusters import settings
from skyloom.clusters.steps.drawing import Drawing, numbered, read_prior, recorded
from skyloom.run.job import Job

job = Job(snakemake)
section, files = job.settings["simulate"]["fields"], dict(job.input.items())
prior = read_prior(
    job.settings["prior"],
    job.settings["seed"],
    settings.sample(section),
    files,
    job.checkout / "resources",
)
draw = Drawing(prior, recorded(job.recipe, files), section["header"])
catalogs, truths = numbered(job.output.catalogs), numbered(job.output.truth)
files = {i: {"catalog": catalogs[i][0], "truth": truths[i][0]} for i in catalogs}
job.each(files, draw, files=files)
job.note_provenance()
