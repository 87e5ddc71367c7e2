"""Say what the scores of clusters are worth."""

from skyloom.clusters.config import Config
from skyloom.clusters.evaluation.judge import Rule
from skyloom.clusters.tasks.calibrate import calibrate, candidates_of
from skyloom.clusters.tasks.infer import predictor_of
from skyloom.clusters.tasks.products import by_field
from skyloom.io.documents import write_json
from skyloom.run.job import Job

job = Job(snakemake)
config = Config.stated(job.settings)
data = config.data
predictor = predictor_of(job.input.encoder, data.tile_size, data.pool)
truth = {i: path for i, (path,) in by_field(job.input.truth).items()}
found = candidates_of(job.input.fields, truth, predictor, data)
how = config.evaluate
rule = Rule(radius=how.radius, dz=how.dz)
known, report = calibrate(found, truth, rule, how.purity)
tree = {"calibration": known and known.to_json(), "provenance": job.provenance()}
write_json(job.output[0], tree | report, indent=1)
if "note" in report:
    job.log.warning("%s: %s", job.output[0], report["note"])
