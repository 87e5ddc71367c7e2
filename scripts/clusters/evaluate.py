"""Judge the catalogue of clusters, and what single finders find, by the truth."""

from skyloom.clusters.config import Evaluate
from skyloom.clusters.tasks import evaluate as judging
from skyloom.clusters.tasks.products import read_threshold
from skyloom.io.documents import write_json
from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.job import Job

job = Job(snakemake)
kinds = ("encoder", "matched_filter", "density")
case = judging.read_case(
    judging.read_sky(job.input.predictions),
    job.input.catalogue,
    job.input.truth,
    {kind: job.input.get(kind) for kind in kinds if job.input.get(kind)},
)
report, drawn = judging.evaluate(
    case,
    Evaluate.stated(job.settings["evaluate"]),
    job.settings["seed"],
    read_threshold(job.input.calibration),
)
record = job.provenance()
write_json(job.output.report, report | {"provenance": record}, indent=1)
for name, figure in drawn.items():
    style.save(figure, job.output.get(name), note=text(record))
