"""Validate and merge the subject exports."""

from skyloom.builder.tasks.tables import rejected_subjects, subject_table
from skyloom.io.tables import write_csv
from skyloom.io.zooniverse import write_subjects
from skyloom.run.job import Job

job = Job(snakemake)
exports, subjects = job.input.exports, job.settings["subjects"]
rejected = rejected_subjects(exports, job.input.tables, subjects)
job.log.info("%d rows of subjects rejected", len(rejected))
write_subjects(job.output.kept, subject_table(exports, subjects))
write_csv(job.output.rejected, rejected)
job.note_provenance()
