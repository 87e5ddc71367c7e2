"""Train the map of spectra."""

from skyloom.run.job import Job
from skyloom.spectra.tasks.desom import save, train_map

job = Job(snakemake)
with job.resuming() as folder:
    how = {"folder": folder, "threads": job.threads, "gpu": snakemake.resources.gpu}
    made = train_map(job.input, job.settings, job.provenance(), **how)
    save(made, job.output.model, job.output.history)
