"""Simulate a survey's exposures, its truth and what inspectors would say."""

from pathlib import Path

from skyloom.quasars.config_simulation import SimulatedSurvey
from skyloom.quasars.simulation.survey import write_survey
from skyloom.run.job import Job

job = Job(snakemake)
settings = SimulatedSurvey.stated(job.settings["simulate"]["survey"])
folder = Path(job.output.truth).parent
write_survey(folder, settings, settings.objects, job.settings["seed"])
job.note_provenance()
