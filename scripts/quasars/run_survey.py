"""Classify the exposures of a chunk."""

from skyloom.io.record import checksums
from skyloom.quasars.config import Survey
from skyloom.quasars.tasks.spectra import by_exposure
from skyloom.quasars.tasks.survey import Run, classifier_of
from skyloom.run.job import Job

job = Job(snakemake)
how = job.settings_by("survey", device=snakemake.resources.device)
stores, targets = by_exposure(job.input.stores), by_exposure(job.output)
by = classifier_of(
    job.input.networks,
    job.input.calibration,
    job.input.som,
    Survey.stated(how["survey"]),
    job.threads,
    job.input.get("template"),
)
template = [job.input.template] if job.input.get("template") else []
named = [*job.input.networks, job.input.calibration, job.input.som, *template]
used = checksums(named)
run = Run(by, stores, job.recipe, used)
files = {name: {"rows": path} for name, path in targets.items()}
job.each(files, run, files=files, workers=1)
