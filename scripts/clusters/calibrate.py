"""Say what the scores of clusters are worth."""

from skyloom.clusters import settings
from skyloom.clusters.steps.calibrating import Examined, calibrate
from skyloom.clusters.steps.drawing import numbered
from skyloom.clusters.steps.looking import predictor_of
from skyloom.io.documents import write_json
from skyloom.run.job import Job

job = Job(snakemake)
data = job.settings["data"]
look = Examined(
    predictor_of(job.input.encoder, settings.whole_fields(job.settings)),
    data["tile_size"],
    data["pool"],
    settings.peaks(job.settings["finder"]),
    job.settings["seed"],
    settings.place(job.settings["simulate"]["fields"]),
)
found = look.candidates(job.input.validate, data["n_per_file"])
truth = {i: path for i, (path,) in numbered(job.input.truth).items()}
rule = settings.rule(job.settings["evaluate"], score="SCORE")
known, report = calibrate(found, truth, rule, job.settings["evaluate"]["purity"])
tree = {"calibration": known and known.to_json(), "provenance": job.provenance()}
write_json(job.output[0], tree | report, indent=1)
