"""Gather the rows of all exposures in one table."""

from skyloom.quasars.survey.results import write_results
from skyloom.run.job import Job

job = Job(snakemake)
rows = write_results(job.output[0], job.input)
job.log.info("%d rows of %d exposures", rows, len(job.input))
job.note_provenance()
