"""Bring the table of all exposures up to date."""

from skyloom.quasars.survey.results import exposures_of, update
from skyloom.run.job import Job

job = Job(snakemake)
added = update(job.output.table, job.output.index, job.input)
total = len(exposures_of(job.output.table))
job.log.info("%d exposures added, %d in all", added, total)
job.note_provenance()
