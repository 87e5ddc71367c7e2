"""Write the table of GZ3D's files."""

from skyloom.io.tables import write_csv
from skyloom.run.job import Job
from skyloom.spirals.tasks.tables import sheet_of

job = Job(snakemake)
write_csv(job.output[0], sheet_of(job.input))
job.note_provenance()
