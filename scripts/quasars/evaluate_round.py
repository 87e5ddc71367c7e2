"""Judge a round on the survey's reserved targets."""

from skyloom.quasars.spectra.truth import read_truth
from skyloom.quasars.survey.ensembles import read_ensemble
from skyloom.quasars.tasks.evaluation import judge, unseen_rows, write_judgement
from skyloom.run.job import Job

job = Job(snakemake)
ensemble = read_ensemble(job.input.networks, job.input.calibration)
judgement = judge(
    unseen_rows(job.input.results, job.input.labels, job.settings),
    read_truth(job.input.truth[0]),
    ensemble.threshold,
    ensemble.members[0].arch,
    job.settings,
)
write_judgement(judgement, dict(job.output.items()), job.provenance())
