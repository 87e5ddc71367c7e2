"""Say what the scores of clusters are worth."""

from skyloom.clusters.config import Config
from skyloom.clusters.evaluation.judge import Rule
from skyloom.clusters.tasks.calibrate import Examined, calibrate
from skyloom.clusters.tasks.infer import predictor_of
from skyloom.clusters.tasks.products import by_field
from skyloom.io.documents import write_json
from skyloom.run.job import Job

job = Job(snakemake)
config = Config.stated(job.settings)
size = config.data.tile_size, config.data.pool
predictor = predictor_of(job.input.encoder, *size)
truth = {i: path for i, (path,) in by_field(job.input.truth).items()}
look = Examined(predictor, *size, truth)
found = look.candidates(job.input.fields, config.data.n_per_file)
how = config.evaluate
rule = Rule(radius=how.radius, dz=how.dz, score="SCORE")
known, report = calibrate(found, truth, rule, how.purity)
tree = {"calibration": known and known.to_json(), "provenance": job.provenance()}
write_json(job.output[0], tree | report, indent=1)
if "note" in report:
    job.log.warning("%s: %s", job.output[0], report["note"])
