"""Write what redrock needs to look again near the redshifts of an exposure."""

from skyloom.quasars.evaluation.thresholds import score_of
from skyloom.quasars.survey.ensembles import read_ensemble
from skyloom.quasars.survey.prior import write_prior
from skyloom.quasars.survey.results import read_rows
from skyloom.run.job import Job

job = Job(snakemake)
ensemble = read_ensemble(job.input.networks, job.input.calibration)
rows = read_rows(job.input.rows).to_pandas()
quasar = score_of(rows, job.settings["survey"]["n_detect"]) > ensemble.threshold
write_prior(job.output[0], rows, quasar, ensemble.members[0].arch, job.provenance())
