"""Judge the labels of a map on test galaxies, beside baselines."""

from skyloom.io.catalogues import write_catalogue
from skyloom.io.documents import write_json
from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.job import Job
from skyloom.spectra.tasks.labels import judge_labels

job = Job(snakemake)
judged = judge_labels(
    job.input.map,
    job.input.labels,
    (job.input.train, job.input.train_info),
    (job.input.test, job.input.test_info),
    job.settings["labels"]["calibrate"],
    job.settings["seed"],
)
record = job.provenance()
write_json(job.output.report, judged.report | {"provenance": record}, indent=1)
judged.table.meta["provenance"] = record
write_catalogue(job.output.table, judged.table)
style.save(judged.figure, job.output.figure, note=text(record))
