"""Validate and merge the subject exports."""

from skyloom.builder.steps.tables import rejected_subjects, subject_table
from skyloom.io.tables import write_csv
from skyloom.io.zooniverse import write_subjects
from skyloom.run.job import Job

job = Job(snakemake)
table = subject_table(job.input.exports, job.settings["subjects"])
rejected = rejected_subjects(job.input.exports)
job.log.info("%d rows of subjects rejected", len(rejected))
write_subjects(job.output.kept, table)
write_csv(job.output.rejected, rejected)
job.note_provenance()
