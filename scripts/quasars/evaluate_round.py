"""Judge a round on the survey's reserved targets."""

from skyloom.quasars.spectra.truth import read_truth
from skyloom.quasars.survey.ensembles import read_ensemble
from skyloom.quasars.survey.target_classes import refuse_absent, row_thresholds
from skyloom.quasars.tasks.evaluation import judge, unseen_rows, write_judgement
from skyloom.run.job import Job

job = Job(snakemake)
ensemble = read_ensemble(job.input.networks, job.input.calibration)
reserve, seed = job.settings["query"]["reserve"], job.settings["seed"]
rows = unseen_rows(job.input.results, job.input.labels, reserve, seed)
refuse_absent(job.input.results, rows, job.settings["thresholds"])
judgement = judge(
    rows,
    read_truth(job.input.truth[0]),
    row_thresholds(rows, ensemble.threshold, job.settings["thresholds"]),
    ensemble.members[0].arch,
    job.settings["survey"]["n_detect"],
    seed,
)
write_judgement(judgement, dict(job.output.items()), job.provenance())
