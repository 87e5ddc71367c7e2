"""Bring the table of all exposures up to date."""

from skyloom.quasars.survey.results import update
from skyloom.run.job import Job

job = Job(snakemake)
added = update(job.output.table, job.output.index, job.input)
job.log.info("%d exposures added", added)
job.note_provenance()
