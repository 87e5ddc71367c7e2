"""Train an autoencoder alone, and then a map of what it encodes."""

from skyloom.run.job import Job
from skyloom.spectra.config_map import Desom
from skyloom.spectra.tasks.maps import train_apart

job = Job(snakemake)
train_apart(
    job.input.flux,
    job.input.info,
    job.output[0],
    Desom.stated(job.settings["desom"]),
    job.settings["seed"],
    job.threads,
    snakemake.resources.gpu,
    job.provenance(),
)
