"""Test whether spiral arms wind up at a steady rate."""

from skyloom.builder.steps.relations import pitch_draws, winding_tree
from skyloom.io.documents import write_json
from skyloom.io.errors import DatumError
from skyloom.run.job import Job

job = Job(snakemake)
try:
    draws = pitch_draws(job.input.draws)["galaxy"]
    result = winding_tree(draws, job.settings) | {"status": "ok", "reason": None}
except DatumError as error:
    result = {"status": "failed", "reason": str(error)}
write_json(job.output[0], result | {"provenance": job.provenance()})
