"""Simulate the galaxies of a chunk and what volunteers draw on them."""

from skyloom.builder.config_simulation import GalaxySettings
from skyloom.builder.simulation.crowd import read_crowd
from skyloom.builder.simulation.files import simulate_subject, write_survey
from skyloom.builder.tasks.files import by_subject
from skyloom.run.job import Job
from skyloom.run.log import progress

job = Job(snakemake)
crowd = read_crowd(job.checkout / "resources" / "builder_crowd.json")
settings = GalaxySettings.stated(job.settings["simulate"])
first = {second: one for one, second in job.settings["repeats"]}
surveys = [
    simulate_subject(job.settings["seed"], subject, settings, crowd, first.get(subject))
    for subject in progress(job.settings["subjects"], job.rule)
]
places = dict(job.output.items()) | {"data": by_subject(job.output.data)}
write_survey(surveys, **places)
job.note_provenance()
