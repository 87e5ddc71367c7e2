"""Sample the hierarchical model of pitch angles."""

from skyloom.builder.config import PitchSettings
from skyloom.builder.tasks.pitch import sample_pitch
from skyloom.io.documents import read_json, write_json
from skyloom.io.npz import write_npz
from skyloom.io.record import text
from skyloom.run.job import Job

job = Job(snakemake)
models = [read_json(path) for path in job.input.models]
aggregates = [read_json(path) for path in job.input.aggregates]
settings = PitchSettings.stated(job.settings["pitch"]), job.settings["seed"]
tree, draws = sample_pitch(models, aggregates, job.settings["repeats"], *settings)
job.log.info("pitch angles: %s %s", tree["status"], tree["reason"] or "")
made_from = job.provenance()
write_npz(job.output.draws, **draws, provenance=text(made_from))
write_json(job.output.posterior, tree | {"provenance": made_from})
