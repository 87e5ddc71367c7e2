"""Test whether spiral arms wind up at a steady rate."""

from skyloom.builder.config import Winding
from skyloom.builder.tasks.pitch_tests import pitch_draws, winding_tree
from skyloom.io.documents import write_json
from skyloom.io.errors import DatumError
from skyloom.run.job import Job

job = Job(snakemake)
settings = Winding.stated(job.settings["winding"]), job.settings["seed"]
try:
    draws = pitch_draws(job.input.draws)["galaxy"]
    result = winding_tree(draws, *settings) | {"status": "ok", "reason": None}
except DatumError as error:
    job.log.warning("winding: %s", error)
    result = {"status": "failed", "reason": str(error)}
write_json(job.output[0], result | {"provenance": job.provenance()})
