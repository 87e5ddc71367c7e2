"""Draw a list of clusters from a model."""

from skyloom.clusters.catalogue.lists import write_clusters
from skyloom.clusters.catalogue.model_list import draw_list
from skyloom.run.job import Job
from skyloom.run.seeds import rng

job = Job(snakemake)
drawn = draw_list(rng(job.settings["seed"], "list"))
drawn.meta["provenance"] = job.provenance()
write_clusters(job.output[0], drawn)
