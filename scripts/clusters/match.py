"""Match two lists of clusters with each other."""

from skyloom.clusters.config import Config
from skyloom.clusters.tasks.match import match_lists
from skyloom.io.documents import write_json
from skyloom.io.tables import write_csv
from skyloom.run.job import Job

job = Job(snakemake)
config = Config.stated(job.settings)
columns = {"a": config.match.columns_a, "b": config.match.columns_b}
files, seed = dict(job.input.items()), job.settings["seed"]
limits, redshifts = config.evaluate, config.match.redshifts
pairs, report = match_lists(files, columns, limits, seed, redshifts)
write_csv(job.output.pairs, pairs)
write_json(job.output.rates, report | {"provenance": job.provenance()}, indent=1)
