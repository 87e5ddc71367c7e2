"""Position, redshift, size and frame of every galaxy of the run."""

from skyloom.builder.tasks.tables import galaxy_table
from skyloom.io.tables import write_csv
from skyloom.io.zooniverse import read_subjects
from skyloom.run.job import Job

job = Job(snakemake)
exported = read_subjects(job.input.subjects)
write_csv(job.output[0], galaxy_table(job.input.tables, exported))
job.note_provenance()
