"""Test whether spiral arms wind up at a steady rate."""

from skyloom.builder.config import Winding
from skyloom.builder.pitch.winding import winding_tree
from skyloom.io.documents import write_json
from skyloom.io.errors import DatumError
from skyloom.io.npz import read_npz
from skyloom.run.job import Job
from skyloom.run.seeds import rng

job = Job(snakemake)
settings = Winding.stated(job.settings["winding"])
try:
    draws = read_npz(job.input.draws)["galaxy"].astype(float)
    result = winding_tree(draws, settings, rng(job.settings["seed"], "winding"))
    result |= {"status": "ok", "reason": None}
except DatumError as error:
    job.log.warning("winding: %s", error)
    result = {"status": "failed", "reason": str(error)}
write_json(job.output[0], result | {"provenance": job.provenance()})
