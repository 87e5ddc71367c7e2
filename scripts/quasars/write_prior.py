"""Write what redrock needs to look again near the redshifts of an exposure."""

from skyloom.quasars.evaluation.thresholds import score_of
from skyloom.quasars.survey.ensembles import read_ensemble
from skyloom.quasars.survey.prior import write_prior
from skyloom.quasars.survey.results import read_rows
from skyloom.quasars.survey.target_classes import row_thresholds
from skyloom.run.job import Job

job = Job(snakemake)
ensemble = read_ensemble(job.input.networks, job.input.calibration)
rows = read_rows(job.input.rows).to_pandas()
limit = row_thresholds(rows, ensemble.threshold, job.settings["thresholds"])
quasar = score_of(rows, job.settings["survey"]["n_detect"]) > limit
write_prior(job.output[0], rows, quasar, ensemble.members[0].arch, job.provenance())
