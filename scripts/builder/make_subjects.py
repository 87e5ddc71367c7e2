"""Validate and merge the subject exports."""

from skyloom.builder.steps.tables import subject_table
from skyloom.io.zooniverse import write_subjects
from skyloom.run.job import Job

job = Job(snakemake)
table = subject_table(job.input.exports, job.settings["subjects"])
write_subjects(job.output[0], table)
