"""Bring labelled spectra of any format onto the networks' pixels."""

from skyloom.io.tables import write_csv
from skyloom.quasars.spectra.grid import LOG
from skyloom.quasars.spectra.rejects import table
from skyloom.quasars.tasks.spectra import ingest_sample
from skyloom.run.job import Job

job = Job(snakemake)
sources, given = [], list(job.input.spectra)
for truth, (count, most) in zip(job.input.truths, job.settings["sources"], strict=True):
    sources.append((given[:count], truth, most))
    given = given[count:]
rejected = ingest_sample(
    sources,
    job.output.store,
    job.output.labels,
    LOG,
    job.settings["seed"],
    job.provenance(),
)
write_csv(job.output.rejected, table(rejected))
job.note_provenance()
