"""Simulate a survey's exposures, its truth and what inspectors would say."""

from pathlib import Path

from skyloom.quasars import settings
from skyloom.quasars.simulation.survey import write_survey
from skyloom.run.job import Job

job = Job(snakemake)
section = job.settings["simulate"]["survey"]
folder = Path(job.output.truth).parent
objects = settings.targets(section["objects"])
write_survey(folder, settings.plan(section), objects, job.settings["seed"])
job.note_provenance()
