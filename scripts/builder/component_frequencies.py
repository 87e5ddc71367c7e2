"""Count how often each component is drawn, agreed on and kept by the fit."""

from skyloom.builder.tasks.analysis import frequencies_tree
from skyloom.io.documents import read_json, write_json
from skyloom.run.job import Job

job = Job(snakemake)
kinds = ("volunteers", "aggregates", "models")
trees = ([read_json(path) for path in job.input[kind]] for kind in kinds)
tree = frequencies_tree(*trees)
write_json(job.output[0], tree | {"provenance": job.provenance()})
