"""Judge maps, votes and measures of galaxies that did not train."""

from skyloom.io.documents import write_json
from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.job import Job
from skyloom.spirals.config import Evaluate
from skyloom.spirals.tasks.drawing import figures
from skyloom.spirals.tasks.evaluating import evaluate

job = Job(snakemake)
how, seed = Evaluate.stated(job.settings["evaluate"]), job.settings["seed"]
report, shown = evaluate(dict(job.input.items()), how, seed)
record = job.provenance()
write_json(job.output.report, report | {"provenance": record}, indent=1)
drawn = figures(report, shown, seed)
for name in job.settings["figures"]:
    style.save(drawn[name], job.output.get(name), note=text(record))
