"""Train the map of spectra."""

from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.job import Job
from skyloom.spectra.tasks.desom import pictures, save, train_map

job = Job(snakemake)
record = job.provenance()
with job.resuming() as folder:
    how = {"folder": folder, "threads": job.threads, "gpu": snakemake.resources.gpu}
    made = train_map(job.input, job.settings, record, **how)
    save(made, job.output.model, job.output.history)
    for name, figure in pictures(made).items():
        style.save(figure, job.output[name], note=text(record))
