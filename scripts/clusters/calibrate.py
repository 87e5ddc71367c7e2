"""Say what the scores of clusters are worth."""

from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.config import Config
from skyloom.clusters.evaluation.judge import Rule
from skyloom.clusters.tasks.calibrate import calibrate, candidates_of
from skyloom.clusters.tasks.infer import predictor_of
from skyloom.clusters.tasks.products import by_field
from skyloom.io.documents import write_json
from skyloom.run.job import Job

job = Job(snakemake)
config = Config.stated(job.settings)
data, how = config.data, config.evaluate
sources, truth = (
    {i: path for i, (path,) in by_field(paths).items()}
    for paths in (job.input.sources, job.input.truth)
)
found = candidates_of(
    job.input.fields,
    sources,
    truth,
    predictor_of(job.input.encoder, data.tile_size, data.pool),
    read_red_sequence(job.checkout / "resources" / "clusters" / "red_sequence.csv"),
    data,
)
rule = Rule(radius=how.radius, dz=how.dz)
known, report = calibrate(found, truth, rule, how.purity)
tree = {"calibration": known.to_json(), "provenance": job.provenance()}
write_json(job.output[0], tree | report, indent=1)
if "note" in report:
    job.log.warning("%s: %s", job.output[0], report["note"])
