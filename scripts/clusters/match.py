"""Match two lists of clusters with each other."""

from skyloom.clusters.tasks.match import match_lists
from skyloom.io.documents import write_json
from skyloom.io.tables import write_csv
from skyloom.run.job import Job

job = Job(snakemake)
section, seed = job.settings["match"], job.settings["seed"]
pairs, report = match_lists(dict(job.input.items()), section, seed)
write_csv(job.output.pairs, pairs)
write_json(job.output.rates, report | {"provenance": job.provenance()}, indent=1)
