"""Judge the encoder on unseen fields."""

from skyloom.clusters.tasks.evaluate_encoder import judge_tiles
from skyloom.io.documents import write_json
from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.job import Job

job = Job(snakemake)
files = job.input.test
report, figure = judge_tiles(job.input.encoder, files, job.settings["seed"])
record = job.provenance()
write_json(job.output.report, report | {"provenance": record}, indent=1)
style.save(figure, job.output.figure, note=text(record))
