"""Say what changes from one round to the next."""

from skyloom.io.documents import read_json, write_json
from skyloom.io.record import text
from skyloom.io.tables import write_csv
from skyloom.plots import style
from skyloom.quasars.spectra.truth import read_truth
from skyloom.quasars.survey.target_classes import refuse_absent, row_thresholds
from skyloom.quasars.tasks.evaluation import compared, unseen_rows
from skyloom.run.job import Job

job = Job(snakemake)
reserve, seed = job.settings["query"]["reserve"], job.settings["seed"]
sides = []
for results, calibration in zip(job.input.results, job.input.calibrations, strict=True):
    rows = unseen_rows(results, job.input.labels, reserve, seed)
    refuse_absent(results, rows, job.settings["thresholds"])
    general = read_json(calibration)["threshold"]["value"]
    sides.append((rows, row_thresholds(rows, general, job.settings["thresholds"])))
n_detect = job.settings["survey"]["n_detect"]
truth = read_truth(job.input.truth[0]) if job.input.truth else None
report, flips, figure = compared(*sides, truth, n_detect, seed)
record = job.provenance()
write_json(job.output.report, report | {"provenance": record}, indent=1)
write_csv(job.output.flips, flips)
style.save(figure, job.output.figure, note=text(record))
