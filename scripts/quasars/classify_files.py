"""Classify the spectra of given files."""

from skyloom.io.tables import write_csv
from skyloom.quasars.config import Survey
from skyloom.quasars.spectra.rejects import Rejects, table
from skyloom.quasars.survey.ensembles import read_ensemble
from skyloom.quasars.tasks.survey import classifier_of, classify_files
from skyloom.run.job import Job

job = Job(snakemake)
networks, (calibration,) = job.input.networks, job.input.calibration
ensemble = read_ensemble(networks, calibration)
# As the threshold was found, whatever the configuration says of other ensembles.
here = job.settings_by("survey", device=snakemake.resources.device)
how = Survey.stated(ensemble.survey | here["survey"])
template = job.input.get("template")
by = classifier_of(networks, calibration, None, how, job.threads, template)
noise, seed = float(job.wildcards.noise), job.settings["seed"]
rejects = Rejects()
given = list(job.input.spectra), by, ensemble.threshold, noise, seed, rejects
rows = classify_files(*given, job.settings["thresholds"])
write_csv(job.output.catalogue, rows)
write_csv(job.output.rejected, table(rejects.rows))
job.note_provenance()
