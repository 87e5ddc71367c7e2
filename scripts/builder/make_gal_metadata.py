"""Position, redshift, size and frame of every galaxy of the run."""

from skyloom.builder.drawings.subjects import write_metadata
from skyloom.builder.steps.tables import galaxy_table
from skyloom.io.zooniverse import read_subjects
from skyloom.run.job import Job

job = Job(snakemake)
exported = read_subjects(job.input.subjects)
write_metadata(job.output[0], galaxy_table(job.input.tables, exported))
job.note_provenance()
