"""Judge a catalogue of given spectra by their truth."""

from skyloom.io.tables import read_own_csv
from skyloom.quasars.spectra.truth import read_truth
from skyloom.quasars.survey.ensembles import read_ensemble
from skyloom.quasars.survey.target_classes import row_thresholds
from skyloom.quasars.tasks.evaluation import judge, without_row, write_judgement
from skyloom.run.job import Job

job = Job(snakemake)
ensemble = read_ensemble(job.input.networks, job.input.calibration[0])
results, truth = read_own_csv(job.input.catalogue), read_truth(job.input.truth)
arch, seed = ensemble.members[0].arch, job.settings["seed"]
n_detect = ensemble.survey["n_detect"]
limit = row_thresholds(results, ensemble.threshold, job.settings["thresholds"])
judgement = judge(results, truth, limit, arch, n_detect, seed)
judgement.report["without_row"] = without_row(truth, results)
write_judgement(judgement, dict(job.output.items()), job.provenance())
