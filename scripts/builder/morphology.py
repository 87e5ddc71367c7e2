"""Test pitch angles against bulge and bar strength."""

from skyloom.builder.config import Morphology
from skyloom.builder.tasks.morphology import (
    morphology_tree,
    strengths,
    vote_strengths,
)
from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import DatumError
from skyloom.io.npz import read_npz
from skyloom.run.job import Job

job = Job(snakemake)
trees = {kind: map(read_json, job.input[kind]) for kind in ("aggregates", "models")}
measures = strengths(trees["aggregates"], trees["models"])
for path in job.input.votes:
    measures |= vote_strengths(path)
settings = Morphology.stated(job.settings["morphology"]), job.settings["seed"]
try:
    result = morphology_tree(read_npz(job.input.draws), measures, *settings)
    result |= {"status": "ok", "reason": None}
except DatumError as error:
    job.log.warning("morphology: %s", error)
    result = {"status": "failed", "reason": str(error)}
write_json(job.output[0], result | {"provenance": job.provenance()})
