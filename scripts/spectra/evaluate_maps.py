"""Judge the map of spectra and its baselines side by side."""

from skyloom.io.documents import write_json
from skyloom.io.record import text
from skyloom.plots import style
from skyloom.run.job import Job
from skyloom.spectra.tasks.maps import evaluate_maps

job = Job(snakemake)
models = {"desom": [job.input.desom, *job.input.repeats]}
models |= {kind: [job.input[kind]] for kind in job.settings["desom"]["baselines"]}
report, drawn = evaluate_maps(
    models,
    (job.input.flux, job.input.info),
    (job.input.training, job.input.training_info),
    job.settings["labels"]["columns"],
    job.settings["seed"],
)
record = job.provenance()
write_json(job.output.report, report | {"provenance": record}, indent=1)
for name, figure in drawn.items():
    style.save(figure, job.output[name], note=text(record))
