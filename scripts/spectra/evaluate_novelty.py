"""Say how unusual the test spectra are, and list the least usual."""

from skyloom.io.catalogues import write_catalogue
from skyloom.io.documents import write_json
from skyloom.run.job import Job
from skyloom.spectra.tasks.novelty import judge_novelty
from skyloom.spectra.tasks.place import read_model

job = Job(snakemake)
model = read_model(job.input.map, job.input.labels)
seed = job.settings["seed"]
report, anomalies = judge_novelty(model, job.input.flux, job.input.info, seed)
record = job.provenance()
anomalies.meta["provenance"] = record
write_catalogue(job.output.anomalies, anomalies)
write_json(job.output.report, report | {"provenance": record}, indent=1)
