"""List the subjects of the run, one id a line."""

from skyloom.io.atomic import write_text
from skyloom.run.job import Job

job = Job(snakemake)
lines = ["subject_id", *map(str, sorted(job.settings["subjects"]))]
write_text(job.output[0], "\n".join(lines) + "\n")
job.note_provenance()
