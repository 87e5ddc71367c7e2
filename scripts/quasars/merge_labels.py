"""Join the labels so far with the inspectors' answers."""

from skyloom.quasars.tasks.labels import merge_labels
from skyloom.run.job import Job

job = Job(snakemake)
merge_labels(
    job.input.before,
    job.input.answers,
    next(iter(job.input.decisions), None),
    labels=job.output.labels,
    agreed=job.output.agreement,
    disputed=job.output.conflicts,
)
job.note_provenance()
