"""List the subjects of the run, one id a line."""

from skyloom.builder.drawings.subjects import write_subject_ids
from skyloom.run.job import Job

job = Job(snakemake)
write_subject_ids(job.output[0], job.settings["subjects"])
job.note_provenance()
