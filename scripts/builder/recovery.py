"""Compare the models of simulated galaxies with the truth."""

from skyloom.builder.evaluation.recovery import recovery_tree
from skyloom.io.documents import read_json, write_json
from skyloom.run.job import Job

job = Job(snakemake)
truths = {}
for path in job.input.truth:
    truths |= {int(k): one for k, one in read_json(path).items()}
models = [read_json(path) for path in job.input.models]
tree = recovery_tree(truths, models, job.settings["seed"])
write_json(job.output[0], tree | {"provenance": job.provenance()})
