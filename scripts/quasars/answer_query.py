"""Give the simulated inspectors' answers about the targets of a query."""

from skyloom.io.tables import write_csv
from skyloom.quasars.tasks.labels import answers_about
from skyloom.run.job import Job

job = Job(snakemake)
for source, target in zip(job.input.answers, job.output, strict=True):
    write_csv(target, answers_about(source, job.input.asked))
job.note_provenance()
