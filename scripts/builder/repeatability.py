"""Compare galaxies that two sets of volunteers drew."""

from skyloom.builder.tasks.analysis import repeatability_tree
from skyloom.builder.tasks.tables import read_catalogue
from skyloom.io.documents import write_json
from skyloom.run.job import Job

job = Job(snakemake)
tree = repeatability_tree(read_catalogue(job.input.catalogue), job.settings["repeats"])
write_json(job.output[0], tree | {"provenance": job.provenance()})
