"""Compare the catalogue with the published one, its defects repaired."""

from skyloom.builder.tasks.analysis import published_tree
from skyloom.builder.tasks.tables import read_catalogue, read_published
from skyloom.io.documents import write_json
from skyloom.run.job import Job

job = Job(snakemake)
published = read_published(job.input.published)
tree = published_tree(read_catalogue(job.input.catalogue), published)
write_json(job.output[0], tree | {"provenance": job.provenance()})
